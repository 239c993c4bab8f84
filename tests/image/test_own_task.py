"""A task and data of one's own in an image made from ours, as docs/kubeflow.md has it."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml
from click.testing import CliRunner

from pipeline.commands.init import command as init
from tests.e2e.commands import PROJECT
from tests.e2e.kfp_emulator.artifact_records import MlmdRecords
from tests.e2e.kfp_emulator.backend import DEFAULT_ROOT, Backend
from tests.e2e.kfp_emulator.launcher import StepFailed
from tests.image.conftest import Image, build
from tests.image.hardened import HardenedContainers, run_command

pytestmark = pytest.mark.image

MINE = "localhost/slipway:e2e-own-task"
MOUNT_PATH = "/mnt/slipway"
[DOCKERFILE] = re.findall(
    r"^```dockerfile\n(.*?)```", (PROJECT / "docs" / "kubeflow.md").read_text(), re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    """What `slipway init` writes, with images and a section kubeflow."""
    folder = tmp_path_factory.mktemp("own") / "my-model"
    assert CliRunner().invoke(init, [str(folder)]).exit_code == 0
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / "images" / name).mkdir()
        for index in range(20):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            (folder / "images" / name / f"{index}.png").write_bytes(tf.io.encode_png(pixels).numpy())
    config = yaml.safe_load((folder / "pipeline.yaml").read_text())
    config["kubeflow"] = {
        "image": MINE,
        "pipeline_root": DEFAULT_ROOT,
        "storage": {"claim": "slipway", "mount_path": MOUNT_PATH},
        "default": {"cpu": "2", "memory": "4Gi"},
    }
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="module")
def own_image(image, mine) -> Image:
    (mine / "Dockerfile").write_text(re.sub(r"^FROM .*", f"FROM {image.name}", DOCKERFILE))
    flags = os.environ.get("SLIPWAY_BUILD_FLAGS", "").split()
    return build(image.engine, [image.engine, "build", *flags, "--tag", MINE, "."], mine, MINE)


@pytest.fixture(scope="module")
def documents(own_image, tmp_path_factory) -> list:
    """The pipeline, compiled in its image, which sees the data where the steps will."""
    out = tmp_path_factory.mktemp("out")
    out.chmod(0o777)
    words = [*run_command(own_image.engine), "--network=none", f"--volume={out}:/out", "--entrypoint=slipway", MINE]
    words += ["compile", "/opt/slipway/modules/pipeline.yaml", "--out", "/out/my-model.yaml"]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return list(yaml.safe_load_all((out / "my-model.yaml").read_text()))


def _backend(engine: str, documents: list, folder: Path) -> Backend:
    return Backend(documents, folder, MlmdRecords(), HardenedContainers(engine, folder / "volume", MOUNT_PATH))


def test_its_first_steps_find_the_module_and_the_data(engine, documents, tmp_path):
    backend = _backend(engine, documents, tmp_path)
    backend.run("ExampleGen")
    backend.run("SchemaGen")
    for split in ("train", "eval", "test"):
        assert list(backend.file("ExampleGen", "examples").glob(f"Split-{split}/*.gz"))
    assert backend.file("SchemaGen", "schema", "schema.pbtxt").exists()


def test_an_image_without_the_module_is_said_by_the_first_step_in_one_line(engine, image, documents, tmp_path):
    spec = yaml.safe_load(yaml.safe_dump(documents[0]).replace(MINE, image.name))
    with pytest.raises(StepFailed) as failed:
        _backend(engine, [spec, *documents[1:]], tmp_path).run("ExampleGen")
    assert failed.value.exit_code == 2
    assert failed.value.log.splitlines()[-1].startswith(
        "Wrong image: it must hold the task's modules. Received: an image without 'my_task'."
    )
