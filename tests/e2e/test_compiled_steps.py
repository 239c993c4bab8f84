"""The compiled pipeline, executed: every component works from its compiled form too."""

import json

import pytest

from components.gates import GateRefused
from pipeline.config import load_config
from pipeline.kubeflow.compile import compile_pipeline
from serving.registry import Registry
from tests.e2e.commands import DIGITS, write_config
from tests.e2e.kfp_emulator import Emulator

pytestmark = pytest.mark.e2e


def _compiled(path, root, **changes):
    kubeflow = {"image": "slipway:test", "pipeline_root": "gs://bucket"}
    config = load_config(write_config(path, kubeflow=kubeflow, **changes))
    # No config may say so: a cluster has no such root.
    return compile_pipeline(config, config.kubeflow.model_copy(update={"pipeline_root": str(root)}))[0]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory) -> Emulator:
    """All steps of a short pipeline, executed."""
    folder = tmp_path_factory.mktemp("kubeflow")
    emulator = Emulator(_compiled(folder / "pipeline.yaml", folder / "root"), folder / "root")
    for step in emulator.order():
        emulator.run(step)
    return emulator


def test_every_step_ran(emulator):
    assert set(emulator.outputs) == set(load_config(DIGITS).node_names())


def test_the_gate_on_the_data_comes_before_transform(emulator):
    order = emulator.order()
    assert order.index("DataGate") < order.index("Transform")


def test_a_whole_version_was_pushed(emulator):
    registry = Registry(emulator.root / "registry")
    version = registry.at_stage("digits", "production")
    assert version.number == 1
    assert (registry.path(version) / "saved_model.pb").exists()
    assert (registry.path(version) / "tflite" / "int8.tflite").exists()


def test_production_of_other_classes_is_no_baseline_and_the_next_step_refuses(emulator):
    registry = Registry(emulator.root / "registry")
    bundle = registry.path(registry.at_stage("digits", "production")) / "tflite" / "metadata.json"
    before, outputs = bundle.read_text(), dict(emulator.outputs)
    metadata = json.loads(before)
    bundle.write_text(json.dumps(metadata | {"labels": [*metadata["labels"][:-1], "ten"]}))
    try:
        emulator.run("Baseline")
        emulator.run("Evaluator")
        with pytest.raises(
            GateRefused, match=r"comparable with production \(version 1\) must be yes\. Received: no: classes 10 → 10"
        ):
            emulator.run("Compressor")
    finally:
        bundle.write_text(before)
        emulator.outputs = outputs


def test_the_next_model_is_compared_with_it(emulator):
    """Baseline, with a version in production, and the Evaluator after it."""
    emulator.run("Baseline")
    [baseline] = emulator.outputs["Baseline"]["baseline"]["artifacts"]
    assert baseline["metadata"]["registry_version"] == 1
    emulator.run("Evaluator")
    emulator.run("Compressor")


def test_a_refusing_gate_fails_its_step(emulator, tmp_path):
    gates = {"gates": {"accuracy": {"min": 1.01}}, "slices": []}
    strict = Emulator(_compiled(tmp_path / "strict.yaml", emulator.root, evaluate=gates), tmp_path / "root")
    strict.outputs = dict(emulator.outputs)
    strict.run("Evaluator")
    with pytest.raises(GateRefused, match=r"accuracy must be >= 1\.01"):
        strict.run("Compressor")
    assert [version.number for version in Registry(emulator.root / "registry").versions("digits")] == [1]
