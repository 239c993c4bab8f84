"""What one stack left, read by whichever runs these tests."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import slipway
from inspection.store import RunStore
from pipeline.cli import cli
from pipeline.doctor.stacks import CURRENT, OLDER
from records.root import REGISTRY
from records.run import read_run_record, recorded_runs
from serving.registry import Registry
from serving.tflite import TFLiteModel
from tests.roots.unpack import unpack

LOAD = """
import sys
import numpy as np
from training.meta.loading import load_model

model = load_model(sys.argv[1])
arrays = np.load(sys.argv[2])
[output] = model({"image": arrays["images"]}).values()
np.testing.assert_allclose(output, arrays["logits"], atol=1e-4)
"""


@pytest.fixture(scope="module", params=[CURRENT.name, OLDER.name])
def root(request, tmp_path_factory) -> Iterator[Path]:
    """A root that a stack left."""
    folder = tmp_path_factory.mktemp(request.param)
    unpack(request.param, folder)
    return folder


def said(*arguments: str) -> str:
    """What the command line says."""
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_metadata(root):
    store = RunStore(root)
    [run_id] = store.run_ids()
    nodes = said("inspect", run_id, "--root", str(root))
    assert {node.name for node in read_run_record(root / "runs" / run_id).nodes} <= set(nodes.split())


def test_the_record_names_the_stack(root):
    [directory] = recorded_runs(root)
    version = read_run_record(directory).versions["tfx"]
    assert f"tfx-{'.'.join(version.split('.')[:2])}" in root.name


def test_lineage_from_the_registry(root):
    assert re.search(r"^digits +1 +production", said("registry", "list", "--registry", str(root / REGISTRY)), re.M)
    assert "ExampleGen" in said("inspect", "lineage", "digits/1", "--root", str(root))


def test_the_pushed_model_predicts_the_same(root):
    arrays = np.load(root / "predictions.npz")
    answer = slipway.load("digits", root=root).predict({"image": arrays["images"]})["logits"]
    np.testing.assert_allclose(answer, arrays["logits"], atol=1e-4)


def test_the_keras_files_compute_the_same(root):
    registry = Registry(root / REGISTRY)
    pushed = Path(registry.path(registry.at_stage("digits", "production"))) / "assets.extra" / "model.keras"
    done = subprocess.run(
        [sys.executable, "-c", LOAD, pushed, root / "predictions.npz"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_tflite_files_run(root):
    registry = Registry(root / REGISTRY)
    folder = Path(registry.path(registry.at_stage("digits", "production"))) / "tflite"
    arrays = np.load(root / "predictions.npz")
    [answer] = TFLiteModel(folder / "float32.tflite").predict({"image": arrays["images"]}).values()
    np.testing.assert_allclose(answer, arrays["logits"], atol=1e-4)
