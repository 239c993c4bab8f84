import json

import pytest
from tfx.types import standard_artifacts

from components.artifacts import CompressedModels
from components.gates import GateRefused
from components.pusher.executor import content_digest, push_key, push_model, require_blessings, write_bundle
from records.model_run import ModelFacts, TrainingFacts, write_model_facts
from records.push import Push, read_push
from records.shipment import Shipment, write_shipment
from records.variants import Choice, LayerSparsity, write_choice, write_measurements
from serving.registry import Registry
from tasks.loading import TaskSpec
from tests.components.tfma_files import write_tfma_files
from tests.components.variant_files import measurement
from tests.serving.registry_sample import sample_push

DIGITS = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
)

TRAINING = TrainingFacts(epochs=1, steps=3, best_epoch=1, examples_per_sec=9.5, bottleneck="compute", events=())


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
    task = DIGITS.load()
    variants = tmp_path / "variants"
    layers = (LayerSparsity(layer="stem", sparsity=0.5, weights=9),)
    shipped = [measurement("int8", bytes=12, layer_sparsity=layers, ops=("CONV_2D",), equals=("float32",))]
    write_choice(str(variants), Choice(variant="int8", reason="it is the only one", front=("int8",), misses=()))
    bundle = write_bundle(task, str(variants), shipped, tmp_path)
    assert set(bundle) == {"int8.tflite", "labels.txt", "metadata.json"}
    assert bundle["int8.tflite"] == str(variants / "int8.tflite")
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    [variant] = metadata["variants"]
    assert (variant["name"], variant["bytes"], variant["ops"]) == ("int8", 12, ["CONV_2D"])
    # For people, who have them in the run record.
    assert variant.keys().isdisjoint({"layer_sparsity", "layer_errors", "latency_buckets_ms", "equals"})
    assert metadata["chosen"] == "int8"
    assert "[batch, 8, 8, 1]" in metadata["input"]
    assert (tmp_path / "labels.txt").read_text().splitlines() == metadata["labels"]


def test_what_became_of_a_push_is_recorded_as_it_is(tmp_path):
    """Pushed as a candidate, asked for as production, rolled back by a person, pushed again."""
    model, variants, evaluation = standard_artifacts.Model(), CompressedModels(), standard_artifacts.ModelEvaluation()
    model_run = standard_artifacts.ModelRun()
    artifacts = {"model": model, "model_run": model_run, "variants": variants, "evaluation": evaluation}
    for name, artifact in artifacts.items():
        artifact.uri = str(tmp_path / name)
        (tmp_path / name).mkdir()
    write_model_facts(model_run.uri, ModelFacts(parameters=10, training=TRAINING, hyperparameters={}))
    (tmp_path / "model" / "Format-Serving").mkdir()
    (tmp_path / "model" / "Format-Serving" / "saved_model.pb").write_bytes(b"model")
    write_measurements(variants.uri, [measurement("float32"), measurement("int8")])
    for name in ("float32", "int8"):
        (tmp_path / "variants" / f"{name}.tflite").write_text(name)
    write_choice(variants.uri, Choice(variant="int8", reason="", front=(), misses=()))
    serving = _blessing(1)
    serving.uri = str(tmp_path / "serving")
    write_shipment(serving.uri, Shipment(variants=("int8",), needed=("int8",)))
    write_tfma_files(tmp_path / "evaluation", {"": {("", "accuracy"): 0.5}})
    registry = Registry(tmp_path / "registry")
    registry.push("digits", **sample_push(tmp_path, "other"), stage="production")

    def push(stage: str) -> Push:
        pushed = standard_artifacts.PushedModel()
        pushed.uri = str(tmp_path / "pushed")
        push_model(
            model=model,
            model_run=model_run,
            variants=variants,
            evaluation=evaluation,
            blessings={"serving": serving},
            task_spec=DIGITS.model_dump_json(),
            registry=str(tmp_path / "registry"),
            model_name="digits",
            stage=stage,
            pushed_model=pushed,
        )
        return read_push(pushed.uri)

    second = {"version": 2, "destination": str(tmp_path / "registry" / "digits" / "2")}
    assert push("candidate") == Push(**second, stage="candidate", in_this_run=True)
    bundle = tmp_path / "registry" / "digits" / "2" / "tflite"
    assert sorted(path.name for path in bundle.iterdir()) == ["int8.tflite", "labels.txt", "metadata.json"]
    assert push("production") == Push(**second, stage="production", in_this_run=False, moved_from="candidate")
    registry.rollback("digits")
    assert push("production") == Push(**second, stage="archived", in_this_run=False)


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
        shipped = [measurement("int8", latency_p50_ms=latency)]
        write_choice(str(variants), Choice(variant=chosen, reason="", front=(), misses=()))
        (variants / "int8.tflite").write_bytes(content)
        return push_key(str(tmp_path / "model"), str(variants), shipped)

    assert key(latency=2.0) == key()
    assert len({key(), key(content=b"else"), key(chosen="float32")}) == 3
