"""Digits by the executor of KFP's newest release, which nobody here wrote, in an environment of its own.

It takes a container that failed and is gone for one that succeeded (kfp/local/docker_task_handler.py), so that what it
left is the judge.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.kubeflow.compile import write_documents
from serving.registry import Registry
from tests.e2e.commands import PROJECT, write_config
from tests.e2e.kfp_emulator.compiled import compiled

pytestmark = pytest.mark.image

MOUNT_PATH = "/mnt/slipway"


@pytest.fixture
def docker_host(engine, tmp_path) -> Iterator[str]:
    """Address of the engine's API, which is Docker's."""
    if engine == "docker":
        yield os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        return
    socket = tmp_path / "podman.sock"
    service = subprocess.Popen(["podman", "system", "service", "--time=0", f"unix://{socket}"])
    try:
        while not socket.exists():
            assert service.poll() is None
            time.sleep(0.1)
        yield f"unix://{socket}"
    finally:
        service.terminate()
        service.wait()


@pytest.fixture(scope="module")
def kfp_python(tmp_path_factory) -> Path:
    """The interpreter of an environment with KFP's newest release."""
    environment = tmp_path_factory.mktemp("kfp")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "kfp", "docker"], check=True)
    return python


def test_it_succeeds_and_leaves_a_pushed_version(image, docker_host, kfp_python, tmp_path):
    root, volume = tmp_path / "root", tmp_path / "volume"
    for folder in (root, volume):
        folder.mkdir()
        # The image's user is not the one who made them.
        folder.chmod(0o777)
    config = write_config(tmp_path / "pipeline.yaml")
    write_documents(compiled(config, Path(MOUNT_PATH), image=image.name), tmp_path / "digits.yaml")
    done = subprocess.run(
        [kfp_python, PROJECT / "tests" / "image" / "kfp_local.py", tmp_path / "digits.yaml", root, volume, MOUNT_PATH],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DOCKER_HOST": docker_host},
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"Pipeline .*digits.* finished with status .*SUCCESS", done.stdout)
    registry = Registry(volume / "registry")
    version = registry.at_stage("digits", "production")
    assert version.number == 1
    assert (registry.path(version) / "saved_model.pb").exists()
    assert (registry.path(version) / "tflite" / "int8.tflite").exists()
