"""The shipped digits pipeline: what it leaves behind and that the launched files work."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

from data.images.digits import Digits
from inspection.store import RunStore
from pipeline.config import load_config
from serving.registry import Registry
from serving.tflite import TFLiteModel
from slipway import load
from slipway import run as run_in_python
from tests.e2e.commands import DIGITS, Ran, run, slipway

pytestmark = pytest.mark.e2e

NODES = load_config(DIGITS).node_names()


@pytest.fixture(scope="module")
def examples() -> list[tf.train.Example]:
    source = Digits(kind="digits")
    return [example for shard in source.shards("test") for _, example in source.examples(shard)]


@pytest.fixture(scope="module")
def labels(examples) -> np.ndarray:
    return np.array([example.features.feature["label"].int64_list.value[0] for example in examples])


def test_it_succeeds_and_says_where_to_look(digits: Ran):
    assert digits.exit_code == 0, digits.output
    assert "slipway report" in digits.output
    assert "version 1 as production" in digits.output
    # No terminal: a line an epoch.
    assert digits.output.count("\n  epoch ") == digits.record()["training"]["epochs"]


def test_the_record_keeps_its_promises(digits: Ran):
    record = digits.record()
    assert record["state"] == "done"
    assert record["metrics"]["test_accuracy"] >= 0.975
    assert record["metrics"]["parameters"] <= 100_000
    assert all(finding["passed"] for finding in record["gates"])
    assert {finding["gate"] for finding in record["gates"]} == {"data", "evaluation", "compression", "serving"}
    # A first model has nothing to be worse than.
    others = [finding["metric"] for finding in record["gates"] if not finding["applies"]]
    assert others == ["accuracy against the baseline"]
    assert 0 < record["executor_secs"] < record["total_secs"]
    variants = {variant["name"]: variant for variant in record["variants"]}
    assert set(variants) == {"float32", "float16", "dynamic", "int8"}
    assert variants["int8"]["metric"] >= variants["float32"]["metric"] - 0.01
    assert variants["int8"]["bytes"] <= 0.35 * variants["float32"]["bytes"]
    assert all(variant["delegated"] for variant in variants.values())


def test_every_node_is_in_ml_metadata(digits: Ran):
    store = RunStore(digits.root.path)
    executions = store.run(digits.run_id)
    # Transform began while the data was still judged.
    assert sorted(execution.node for execution in executions) == sorted(NODES)
    assert {execution.state for execution in executions} == {"done"}
    assert all(execution.outputs for execution in executions)


def test_the_served_model_takes_serialized_examples(digits: Ran, examples, labels):
    version = Registry(digits.root.registry).at_stage("digits", "production")
    served = tf.saved_model.load(str(Registry(digits.root.registry).path(version)))
    assert set(served.signatures) >= {"serving_default", "predict", "model_inputs", "transform_features"}
    for example in examples:
        example.features.feature.pop("label")
    answer = served.signatures["serving_default"](tf.constant([example.SerializeToString() for example in examples]))
    accuracy = np.mean(answer["class_id"].numpy() == labels)
    assert accuracy == pytest.approx(digits.record()["metrics"]["test_accuracy"], abs=1e-6)
    assert answer["class_name"].numpy()[0].decode() == str(answer["class_id"].numpy()[0])


def test_the_bundle_classifies_plain_pixels(digits: Ran, examples, labels):
    [bundle] = digits.root.registry.glob("digits/1/tflite")
    encoded = [example.features.feature["image"].bytes_list.value[0] for example in examples]
    pixels = np.stack([tf.io.decode_png(image).numpy() for image in encoded]).astype(np.float32) / 255
    logits = TFLiteModel(bundle / "int8.tflite").predict({"image": pixels})["logits"]
    assert np.mean(logits.argmax(axis=-1) == labels) >= 0.965
    assert (bundle / "labels.txt").read_text().split() == [str(digit) for digit in range(10)]
    assert json.loads((bundle / "metadata.json").read_text())["labels"][3] == "3"


def test_the_metrics_are_those_of_an_independent_count(digits: Ran, examples, labels):
    """TFMA's figure against NumPy over what the pushed version predicts, as Python loads it."""
    model = load("digits", root=digits.root.path)
    assert (model.version, model.labels) == (1, tuple("0123456789"))
    encoded = [example.features.feature["image"].bytes_list.value[0] for example in examples]
    pixels = np.stack([tf.io.decode_png(image).numpy() for image in encoded]).astype(np.float32) / 255
    probabilities = model.predict({"image": pixels})["probabilities"]
    metrics = digits.record()["metrics"]
    assert np.mean(probabilities.argmax(axis=-1) == labels) == pytest.approx(metrics["test_accuracy"], abs=1e-6)
    cross_entropy = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert cross_entropy == pytest.approx(metrics["test_cross_entropy"], rel=1e-3)


def test_nothing_changed_takes_everything_from_the_cache(digits: Ran):
    again = run(DIGITS, digits.root.path)
    assert again.exit_code == 0, again.output
    assert set(again.states().values()) == {"cached"}
    assert [version.name for version in again.versions()] == ["1"]
    assert "version 1 by an earlier run, now production" in again.output
    # Nothing was started that could have run a node, and ML Metadata has the run all the same.
    assert "nothing changed since run" in (again.root.run(again.run_id) / "run.log").read_text()
    store = RunStore(again.root.path)
    first, cached = store.run(digits.run_id), store.run(again.run_id)
    assert [(each.node, each.inputs, each.outputs, each.properties) for each in cached] == [
        (each.node, each.inputs, each.outputs, each.properties) for each in first
    ]
    assert {each.state for each in cached} == {"cached"}
    for result in ("metrics", "training", "variants", "choice", "gates", "versions"):
        assert again.record()[result] == digits.record()[result]


def test_a_part_of_the_pipeline_can_run(digits: Ran):
    # A part goes on from the last run, which may have been another test's.
    with ThreadPoolExecutor() as notebook:
        whole = notebook.submit(run_in_python, DIGITS, set={"train.epochs": 40}, root=digits.root.path).result()
    assert (whole.state, whole.root) == ("done", digits.root.path)
    assert whole.metrics == digits.record()["metrics"]
    part = run(DIGITS, digits.root.path, "--from", "Evaluator", "--to", "Compressor", "--no-cache")
    assert part.exit_code == 0, part.output
    states = part.states()
    assert [node for node in NODES if states[node] == "done"] == ["Evaluator", "Compressor"]
    wrong = run(DIGITS, digits.root.path, "--to", "Deployer")
    assert wrong.exit_code == 2
    assert "--to must name a node: ExampleGen, " in wrong.output
    assert "Received: 'Deployer'" in wrong.output


def test_inspection_works_on_it(digits: Ran, tmp_path):
    lineage = slipway("inspect", "lineage", "digits/1", "--root", digits.root.path)
    assert lineage.returncode == 0, lineage.stdout
    for word in ("Trainer", "Transform", "DataGate", "StatisticsGen", "ExampleGen"):
        assert word in lineage.stdout
    page = tmp_path / "report.html"
    report = slipway("report", "--root", digits.root.path, "--out", page)
    assert report.returncode == 0, report.stdout
    assert "ServingCheck" in page.read_text()


def test_a_moved_root_needs_no_repair_to_serve(digits: Ran, tmp_path, examples):
    """What was pushed depends on nothing else in the root."""
    copied = shutil.copytree(digits.versions()[0], tmp_path / "elsewhere" / "1")
    served = tf.saved_model.load(str(copied))
    assert served.signatures["serving_default"](tf.constant([examples[0].SerializeToString()]))["class_id"].shape == (
        1,
    )


@pytest.fixture(scope="module")
def candidate(digits: Ran, tmp_path_factory) -> Path:
    """A config that pushes the digits model, as a candidate, to a registry of its own that is empty."""
    directory = tmp_path_factory.mktemp("candidate")
    config = yaml.safe_load(DIGITS.read_text())
    config["evaluate"]["gates"] = {"accuracy": {"max_worsening": 0.02}}
    config["push"] = {"registry": str(directory / "registry"), "stage": "candidate"}
    (directory / "pipeline.yaml").write_text(yaml.safe_dump(config))
    return directory / "pipeline.yaml"


def test_a_first_model_that_is_only_limited_against_production_is_pushed(digits: Ran, candidate):
    first = run(candidate, digits.root.path)
    assert first.exit_code == 0, first.output
    assert first.states()["Trainer"] == "cached"
    assert "1 not applicable" in first.output
    assert "version 1 as candidate" in first.output


def test_a_stage_that_is_set_back_moves_the_label_back(digits: Ran, candidate):
    """Though the cache has a push with this stage."""
    canary = candidate.with_name("canary.yaml")
    canary.write_text(candidate.read_text().replace("stage: candidate", "stage: canary"))
    for config in (candidate, canary, candidate):
        last = run(config, digits.root.path)
        assert last.exit_code == 0, last.output
    assert "moved from canary to candidate" in last.output
    assert "push.stage canary -> candidate" in last.output
    assert Registry(candidate.parent / "registry").version("digits", 1).stage == "candidate"


def test_another_stage_in_the_config_moves_the_label(digits: Ran, candidate):
    run(candidate, digits.root.path)
    production = candidate.with_name("production.yaml")
    production.write_text(candidate.read_text().replace("stage: candidate", "stage: production"))
    again = run(production, digits.root.path)
    assert again.exit_code == 0, again.output
    assert again.states() == dict.fromkeys(again.states(), "cached") | {"Pusher": "done"}
    assert "version 1 by an earlier run, moved from candidate to production" in again.output
    assert Registry(candidate.parent / "registry").at_stage("digits", "production").number == 1


def test_what_would_run_is_told_and_not_run(digits: Ran, tmp_path):
    # The last run on this root may have been another test's.
    assert run(DIGITS, digits.root.path).exit_code == 0
    unchanged = slipway("run", DIGITS, "--root", digits.root.path, "--explain")
    assert (unchanged.returncode, "0 of 13 nodes would run" in unchanged.stdout) == (0, True), unchanged.stdout
    (tmp_path / "changed.yaml").write_text(DIGITS.read_text().replace("dropout: 0.1", "dropout: 0.2"))
    runs = list(digits.root.path.glob("runs/*"))
    changed = slipway("run", tmp_path / "changed.yaml", "--root", digits.root.path, "--explain")
    assert "options.model.dropout 0.1 -> 0.2" in changed.stdout
    assert "7 of 13 nodes would run" in changed.stdout
    assert list(digits.root.path.glob("runs/*")) == runs
