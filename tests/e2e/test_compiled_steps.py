"""Digits with a search, compiled, on a backend with ML Metadata and its default root at minio://."""

import gzip
import json
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from pipeline.config import load_config
from records.findings import read_findings
from serving.registry import Registry
from tests.e2e.commands import TWO_RATES, slipway, write_config
from tests.e2e.kfp_emulator.artifact_records import MlmdRecords
from tests.e2e.kfp_emulator.backend import DEFAULT_ROOT, Backend
from tests.e2e.kfp_emulator.compiled import compiled
from tests.e2e.kfp_emulator.launcher import StepFailed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("digits")


@pytest.fixture(scope="module")
def backend(folder) -> Backend:
    """All steps of a short pipeline, run; the Trainer's process is killed once, behind its first checkpoint."""
    checkpoints = folder / "volume" / "workspaces"

    def kill_first_training(step: str, process: subprocess.Popen) -> None:
        if step == "Trainer" and backend.attempts[step] == 1:
            threading.Thread(target=_kill_behind_checkpoint, args=(process, checkpoints), daemon=True).start()

    config = write_config(folder / "pipeline.yaml", tune=TWO_RATES, predict={"splits": ["test"], "variant": "chosen"})
    documents = compiled(config, folder / "volume", nodes={"Trainer": {"retries": 2}})
    backend = Backend(documents, folder, MlmdRecords(), on_start=kill_first_training)
    backend.run_all()
    return backend


def _kill_behind_checkpoint(process: subprocess.Popen, workspaces: Path) -> None:
    while process.poll() is None and not list(workspaces.glob("*/checkpoints/step-*/state.json")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)


def test_every_step_ran(backend, folder):
    assert set(backend.outputs) == set(load_config(folder / "pipeline.yaml").node_names())


def test_the_gate_on_the_data_comes_before_transform(backend):
    order = backend.order()
    assert order.index("DataGate") < order.index("Transform")


def test_a_killed_training_went_on_from_its_checkpoint(backend):
    assert backend.attempts["Trainer"] == 2
    assert "going on from the checkpoint of step" in backend.log("Trainer")


def test_a_whole_version_was_pushed(backend, folder):
    registry = Registry(folder / "volume" / "registry")
    version = registry.at_stage("digits", "production")
    assert version.number == 1
    assert (registry.path(version) / "saved_model.pb").exists()
    assert (registry.path(version) / "tflite" / "int8.tflite").exists()
    assert version.lineage["model_uri"] == backend.output("Trainer", "model")["uri"]
    assert version.lineage["model_uri"].startswith("minio://mlpipeline/v2/artifacts/digits/")


def test_the_pushed_version_predicted_for_each_test_example(backend):
    folder = backend.file("BulkInferrer", "inference_result")
    [file] = folder.glob("Split-test/*.gz")
    assert len(gzip.decompress(file.read_bytes()).splitlines()) == 244


def test_the_evaluator_names_its_model_as_the_backend_does(backend):
    blessing, model = backend.output("Evaluator", "blessing"), backend.output("Trainer", "model")
    assert blessing["metadata"]["current_model"] == model["uri"]
    assert blessing["metadata"]["current_model_id"] == model["name"]
    assert blessing["metadata"]["blessed"] == 1


@pytest.fixture(scope="module")
def brought(backend, folder) -> Path:
    """What the steps left in the object store, as a root."""
    return _bring(folder, folder / "cluster")


def _bring(folder: Path, root: Path) -> Path:
    place = folder / "store" / DEFAULT_ROOT.replace("://", "/")
    said = slipway("inspect", "import", place, "--into", root)
    assert said.returncode == 0, said.stdout
    return root


def test_what_the_steps_left_is_a_run_to_look_at(brought, backend):
    said = slipway("inspect", "latest", "--json", "--root", brought)
    run = json.loads(said.stdout)
    assert {node["name"]: node["state"] for node in run["record"]["nodes"]} == dict.fromkeys(backend.order(), "done")
    assert (run["state"], run["record"]["config"]["name"]) == ("done", "digits")
    destination = backend.output("Pusher", "pushed_model")["metadata"]["pushed_destination"]
    assert [push["destination"] for push in run["record"]["pushes"]] == [destination]
    assert 0 < run["record"]["metrics"]["test_accuracy"] <= 1
    assert {"float32", "int8"} <= {variant["name"] for variant in run["record"]["variants"]}


def test_the_lineage_of_the_pushed_version_goes_back_to_the_data(brought, backend):
    said = slipway("inspect", "lineage", "digits/1", "--json", "--root", brought)
    steps = [json.loads(said.stdout)["lineage"]]
    uris = {}
    while steps:
        step = steps.pop()
        uris[step["node"]] = [each["uri"] for each in step["outputs"]]
        steps += step["sources"]
    assert {"Pusher", "Evaluator", "Trainer", "Tuner", "Transform", "SchemaGen", "ExampleGen"} <= uris.keys()
    assert uris["ExampleGen"] == [backend.output("ExampleGen", "examples")["uri"]]


def test_its_report_has_the_evaluation(brought, backend, folder):
    said = slipway("report", "--root", brought, "--out", folder / "report.html")
    assert said.returncode == 0, said.stdout
    page = (folder / "report.html").read_text()
    for id_ in ("evaluation", "gates", "variants", "training", "data"):
        assert f'id="{id_}' in page


def test_the_same_file_again_comes_from_the_cache_whole(backend):
    assert [step for step in backend.order() if not backend.is_cached(step)] == []


def test_the_next_model_is_compared_with_it_and_a_refusing_gate_fails_the_step_behind(backend, folder):
    gates = {"gates": {"accuracy": {"min": 1.01, "max_worsening": 0.5}}, "slices": []}
    config = write_config(folder / "strict.yaml", tune=TWO_RATES, evaluate=gates)
    before, backend.documents = (
        backend.documents,
        compiled(config, folder / "volume", nodes={"Trainer": {"retries": 2}}),
    )
    outputs = dict(backend.outputs)
    try:
        assert not backend.is_cached("Evaluator")
        assert all(backend.is_cached(step) for step in ("ExampleGen", "Transform", "Tuner", "Trainer", "Baseline"))
        backend.run("Baseline")
        assert backend.output("Baseline", "baseline")["metadata"]["registry_version"] == 1
        backend.run("Evaluator")
        findings = read_findings(str(backend.file("Evaluator", "evaluation")))
        assert {finding.limit: finding.applies for finding in findings} == {">= 1.01": True, ">= -0.5": True}
        with pytest.raises(StepFailed) as failed:
            backend.run("Compressor")
        assert failed.value.exit_code == 3
        last = failed.value.log.splitlines()[-1]
        assert last.startswith("Gate refused: the evaluation gate. accuracy must be >= 1.01. Received: ")
        assert [version.number for version in Registry(folder / "volume" / "registry").versions("digits")] == [1]
        run = json.loads(slipway("inspect", "latest", "--json", "--root", _bring(folder, folder / "refused")).stdout)
        assert run["state"] == "refused"
        assert {finding["limit"]: finding["passed"] for finding in run["record"]["gates"]}[">= 1.01"] is False
    finally:
        backend.documents, backend.outputs = before, outputs
