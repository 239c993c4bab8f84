import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.types import standard_artifacts

from components.gates import GateRefused
from components.pusher.card_options import CardConfig
from components.pusher.component import Pusher
from components.pusher.executor import content_digest, push_key, require_blessings, write_bundle
from records.properties import STAGED_FROM
from records.push import Push, read_push
from records.shipment import Shipment, write_shipment
from records.variants import Choice, LayerSparsity, write_choice
from serving.registry import Registry
from tasks.loading import TaskSpec
from tests.components.points import SPEC
from tests.components.tfma_files import write_tfma_files
from tests.components.variant_files import measurement, write_variants
from tests.serving.registry_sample import sample_push

DIGITS = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
)


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


def test_a_task_without_labels_has_a_bundle_without_them(tmp_path):
    write_choice(str(tmp_path), Choice(variant="int8", reason="", front=(), misses=()))
    unnamed = SPEC.with_values({"is_named": False}).load()
    assert set(write_bundle(unnamed, str(tmp_path), [measurement("int8")], tmp_path)) == {
        "int8.tflite",
        "metadata.json",
    }


@pytest.fixture
def registry(tmp_path) -> Registry:
    """A registry with version 1 of the model `points` in production."""
    registry = Registry(tmp_path / "registry")
    registry.push("points", **sample_push(tmp_path, "other"), stage="production")
    return registry


@pytest.fixture
def second(tmp_path, registry) -> Path:
    """The directory of the version that is pushed next."""
    return tmp_path / "registry" / "points" / "2"


@pytest.fixture
def push(points, tmp_path, registry):
    """Pushes Points with float32 and int8 files, of which int8 ships; gives Pusher's artifact."""
    variants = write_variants(tmp_path / "variants", {"float32": b"float32", "int8": b"int8"}, chosen="int8")
    evaluation = standard_artifacts.ModelEvaluation()
    evaluation.uri = str(tmp_path / "evaluation")
    (tmp_path / "evaluation").mkdir()
    write_tfma_files(tmp_path / "evaluation", {"": {("", "accuracy"): 0.5}, "1": {("", "accuracy"): 0.25}})
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(tmp_path / "statistics")
    write_statistics(tmp_path / "statistics", {"train": 8, "test": 4})

    def push(stage="candidate", *, shipped=("int8",), blessed=1, model=points.model, card=None):
        serving, pushed = _blessing(blessed), standard_artifacts.PushedModel()
        serving.uri, pushed.uri = str(tmp_path / "serving"), str(tmp_path / "pushed")
        write_shipment(serving.uri, Shipment(variants=shipped, needed=("int8",)))
        # As TFX runs the step.
        inputs = {
            "model": model,
            "model_run": points.model_run,
            "variants": variants,
            "evaluation": evaluation,
            "statistics": statistics,
            "model_blessing": _blessing(1),
            "edge_blessing": _blessing(1),
            "serving_blessing": serving,
        }
        properties = {
            "task_spec": SPEC.model_dump_json(),
            "registry": str(tmp_path / "registry"),
            "model_name": "points",
            "stage": stage,
            "card": (card or CardConfig()).model_dump_json(),
        }
        Pusher.EXECUTOR_SPEC.executor_class().Do(
            {name: [each] for name, each in inputs.items()}, {"pushed_model": [pushed]}, properties
        )
        return pushed

    return push


def test_a_push_is_the_next_version_and_the_artifact_says_where(push, second):
    pushed = push()
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == "2"
    assert pushed.get_string_custom_property("pushed_destination") == str(second)


def test_what_became_of_a_push_is_recorded_as_it_is(push, registry, second):
    """Pushed as a candidate, asked for as production, rolled back by a person, pushed again."""
    version = {"version": 2, "destination": str(second)}
    assert read_push(push("candidate").uri) == Push(**version, stage="candidate", in_this_run=True)
    promoted = Push(**version, stage="production", in_this_run=False, moved_from="candidate")
    assert read_push(push("production").uri) == promoted
    registry.rollback("points")
    assert read_push(push("production").uri) == Push(**version, stage="archived", in_this_run=False)


def test_the_same_push_again_makes_no_version(push, registry):
    push()
    push()
    assert [version.number for version in registry.versions("points")] == [1, 2]


def test_other_files_that_ship_make_a_version(push, registry):
    push()
    push(shipped=("float32", "int8"))
    assert [version.number for version in registry.versions("points")] == [1, 2, 3]


def test_only_what_ships_is_in_the_bundle(push, second):
    push()
    bundle = second / "tflite"
    assert sorted(path.name for path in bundle.iterdir()) == ["int8.tflite", "labels.txt", "metadata.json"]
    assert (bundle / "int8.tflite").read_bytes() == b"int8"


def test_the_requests_that_warm_a_server_up_appear_with_the_version(push, second, tmp_path):
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "tf_serving_warmup_requests").write_bytes(b"requests")
    push()
    assert (second / "assets.extra" / "tf_serving_warmup_requests").read_bytes() == b"requests"


def test_without_such_requests_there_are_none(push, second):
    push()
    assert not (second / "assets.extra").exists()


def test_the_card_tells_what_the_steps_recorded_and_what_the_config_adds(push, second):
    push(card=CardConfig(intended_use="To tell **left** from right.", license="Apache-2.0"))
    card = (second / "model_card.md").read_text()
    assert card.startswith("# points\n\n## Intended use\n\nTo tell **left** from right.\n")
    assert "| license | Apache\\-2\\.0 |" in card
    assert "| train | 8 |\n| eval | 0 |\n| test | 4 |" in card
    assert "| point | 25\\.0% |" in card
    assert "| all examples | 0\\.5 |\n| label=1 | 0\\.25 |" in card
    assert "| int8, chosen | 4 |" in card
    assert "| 2 classes | left, right |" in card


def write_statistics(directory: Path, rows: Mapping[str, int]) -> None:
    """StatisticsGen's files, of a feature that a quarter of the examples lack."""
    for split, count in rows.items():
        found = statistics_pb2.DatasetFeatureStatisticsList()
        dataset = found.datasets.add(num_examples=count)
        feature = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.FLOAT)
        feature.path.step.append("point")
        feature.num_stats.common_stats.num_missing = count // 4
        (directory / f"Split-{split}").mkdir(parents=True)
        (directory / f"Split-{split}" / "FeatureStats.pb").write_bytes(found.SerializeToString())


def test_the_saved_model_is_trainer_s(push, points, second):
    push()
    exported = Path(points.model.uri) / "Format-Serving"
    for name in ("saved_model.pb", "variables/variables.index"):
        assert (second / name).read_bytes() == (exported / name).read_bytes()


@pytest.mark.parametrize("stage", ["candidate", "canary", "production"])
def test_the_version_has_the_stage_that_was_asked_for(stage, push, registry):
    push(stage)
    assert registry.version("points", 2).stage == stage


def test_a_new_production_archives_the_one_before(push, registry):
    push("production")
    assert registry.version("points", 1).stage == "archived"


def test_the_version_knows_its_metrics_and_where_it_comes_from(push, points, registry):
    push()
    version = registry.version("points", 2)
    assert version.metrics == {"accuracy": 0.5}
    assert version.lineage["model_uri"] == points.model.uri


def test_lineage_leads_to_where_a_copied_model_lies(push, points, registry):
    copied = standard_artifacts.Model()
    copied.uri = points.model.uri
    copied.set_string_custom_property(STAGED_FROM, "s3://bucket/model")
    push(model=copied)
    assert registry.version("points", 2).lineage["model_uri"] == "s3://bucket/model"


@pytest.mark.parametrize("blessed", [0, None])
def test_without_a_blessing_nothing_is_pushed_or_recorded(blessed, push, tmp_path, registry):
    with pytest.raises(GateRefused, match="the serving gate"):
        push(blessed=blessed)
    assert [version.number for version in registry.versions("points")] == [1]
    assert not (tmp_path / "pushed").exists()


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


@pytest.fixture
def key(tmp_path):
    """The key of a push of an int8 file."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"model")

    def key(content: bytes = b"int8", chosen: str = "int8", latency: float = 1.0, name: str = "int8") -> str:
        variants = tmp_path / "variants"
        write_choice(str(variants), Choice(variant=chosen, reason="", front=(), misses=()))
        (variants / f"{name}.tflite").write_bytes(content)
        return push_key(str(tmp_path / "model"), str(variants), [measurement(name, latency_p50_ms=latency)])

    return key


def test_another_latency_is_the_same_push(key):
    assert key(latency=2.0) == key()


def test_another_file_name_choice_or_saved_model_is_another_push(key, tmp_path):
    keys = [key(), key(content=b"else"), key(chosen="float32"), key(name="float16")]
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"other")
    assert len({*keys, key()}) == 5
