"""Digits as shipped, in containers under the limits of its own compiled file, and with no more rights than it needs."""

import subprocess
import threading
import time
from pathlib import Path

import pytest
import yaml

from serving.registry import Registry
from tests.e2e.commands import DIGITS
from tests.e2e.kfp_emulator.artifact_records import MlmdRecords
from tests.e2e.kfp_emulator.backend import Backend
from tests.e2e.kfp_emulator.compiled import compiled
from tests.e2e.kfp_emulator.launcher import StepFailed
from tests.image.hardened import HardenedContainers

pytestmark = pytest.mark.image

MOUNT_PATH = "/mnt/slipway"
RESOURCES = {
    "default": {"cpu": "1", "memory": "4Gi"},
    "nodes": {"Trainer": {"cpu": "4", "memory": "16Gi", "retries": 1}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hardened")


@pytest.fixture(scope="module")
def containers(engine, folder) -> HardenedContainers:
    return HardenedContainers(engine, folder / "volume", MOUNT_PATH)


@pytest.fixture(scope="module")
def compile_digits(image, folder):
    """The documents of the shipped config, with some of its sections changed."""

    def compile_with(**changes):
        path = folder / "digits.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(DIGITS.read_text()) | {"root": str(folder)} | changes))
        return compiled(path, Path(MOUNT_PATH), image=image.name, **RESOURCES)

    return compile_with


@pytest.fixture(scope="module")
def backend(compile_digits, containers, folder) -> Backend:
    """All steps, run. Says how long each took."""
    backend = Backend(compile_digits(), folder, MlmdRecords(), containers)
    began = time.monotonic()
    for step in backend.order():
        start = time.monotonic()
        backend.run(step)
        print(f"{step:18}{time.monotonic() - start:6.1f} s")
    print(f"{'all':18}{time.monotonic() - began:6.1f} s")
    return backend


def test_a_version_was_pushed(backend, folder):
    registry = Registry(folder / "volume" / "registry")
    version = registry.at_stage("digits", "production")
    assert version.number == 1
    assert (registry.path(version) / "saved_model.pb").exists()
    assert (registry.path(version) / "tflite").is_dir()
    assert version.lineage["model_uri"] == backend.output("Trainer", "model")["uri"]


def test_a_gate_that_refuses_fails_its_step_and_has_the_last_word(backend, compile_digits):
    before = backend.documents
    backend.documents = compile_digits(data_gate={"min_examples": {"train": 1_000_000}})
    try:
        with pytest.raises(StepFailed) as failed:
            backend.run("DataGate")
    finally:
        backend.documents = before
    assert failed.value.exit_code == 3
    last = failed.value.log.splitlines()[-1]
    assert last.startswith("Gate refused: the data gate. ")
    assert ">= 1000000" in last.replace(",", "")


def test_a_killed_training_goes_on_from_its_checkpoint(backend, containers, compile_digits, folder):
    train = yaml.safe_load(DIGITS.read_text())["train"]
    # The first long before training is over, however fast the machine is.
    documents = compile_digits(train={**train, "checkpoints": {"every_secs": 2}})
    workspaces = folder / "volume" / "workspaces"

    def kill_behind_checkpoint(process: subprocess.Popen) -> None:
        while process.poll() is None and not list(workspaces.glob("*/checkpoints/step-*/state.json")):
            time.sleep(0.01)
        containers.kill("Trainer")

    def kill_first_attempt(step: str, process: subprocess.Popen) -> None:
        if again.attempts[step] == 1:
            threading.Thread(target=kill_behind_checkpoint, args=(process,), daemon=True).start()

    again = Backend(documents, folder, backend.records, containers, kill_first_attempt)
    again.outputs = dict(backend.outputs)
    again.run("Trainer")
    assert again.attempts["Trainer"] == 2
    assert "going on from the checkpoint of step" in again.log("Trainer")
