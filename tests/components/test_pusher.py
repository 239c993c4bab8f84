import json

import pytest
from tfx.types import standard_artifacts

from components.compressor.measurements import write_choice, write_measurements
from components.gates import GateRefused
from components.pusher.executor import content_digest, push_key, require_blessings, write_bundle
from compression.choice import Choice
from tasks.loading import TaskSpec


def _blessing(blessed: int | None) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    if blessed is not None:
        artifact.set_int_custom_property("blessed", blessed)
    return artifact


@pytest.mark.parametrize("missing", [0, None])
def test_every_blessing_is_required(missing):
    with pytest.raises(GateRefused, match="the compression gate"):
        require_blessings({"evaluation": _blessing(1), "compression": _blessing(missing)})


def test_blessed_by_all_is_pushed():
    require_blessings({"evaluation": _blessing(1), "compression": _blessing(1)})


def test_the_bundle_names_labels_and_what_a_client_must_know(tmp_path):
    task = TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={"source": {"kind": "digits"}, "height": 8, "width": 8},
    ).load()
    variants = tmp_path / "variants"
    write_measurements(str(variants), [{"name": "int8", "bytes": 12, "layer_sparsity": [{"layer": "stem"}]}])
    write_choice(str(variants), Choice(variant="int8", reason="it is the only one", front=("int8",), misses=()))
    bundle = write_bundle(task, str(variants), tmp_path)
    assert set(bundle) == {"int8.tflite", "labels.txt", "metadata.json"}
    assert bundle["int8.tflite"] == str(variants / "int8.tflite")
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert metadata["variants"] == [{"name": "int8", "bytes": 12}]
    assert metadata["chosen"] == "int8"
    assert "[batch, 8, 8, 1]" in metadata["input"]
    assert (tmp_path / "labels.txt").read_text().splitlines() == metadata["labels"]


def test_the_digest_is_of_names_and_contents(tmp_path):
    for name, content in (("a/one", b"1"), ("b/two", b"2")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(content)
    first = content_digest(str(tmp_path))
    assert content_digest(str(tmp_path)) == first
    (tmp_path / "a" / "one").write_bytes(b"2")
    changed = content_digest(str(tmp_path))
    (tmp_path / "a" / "one").rename(tmp_path / "a" / "uno")
    assert len({first, changed, content_digest(str(tmp_path))}) == 3


def test_another_file_or_another_choice_is_another_push_and_another_latency_is_not(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"model")

    def key(content: bytes = b"int8", chosen: str = "int8", latency: float = 1.0) -> str:
        variants = tmp_path / "variants"
        write_measurements(str(variants), [{"name": "int8", "latency_p50_ms": latency}])
        write_choice(str(variants), Choice(variant=chosen, reason="", front=(), misses=()))
        (variants / "int8.tflite").write_bytes(content)
        return push_key(str(tmp_path / "model"), str(variants))

    assert key(latency=2.0) == key()
    assert len({key(), key(content=b"else"), key(chosen="float32")}) == 3
