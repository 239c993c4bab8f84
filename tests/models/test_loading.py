"""Trained models from disk."""

import json
import subprocess
import sys

import keras
import pytest
from pydantic import TypeAdapter

from models.classifiers.options import Architecture
from models.loading import load_model

# Between them they hold a layer, an activation and an initializer of ours.
ARCHITECTURES = {
    "mobilenet_v2": {"activation": "mish", "initializer": "delta_orthogonal", "shrinks": 8, "width": 0.25},
    "convnext": {"widths": [4], "blocks_per_stage": [1]},
    "vit": {"depth": 1},
}
# Imports nothing of ours but what loads.
SCRIPT = """
import json, sys
from models.loading import load_model
print(json.dumps([load_model(path).count_params() for path in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def built() -> dict[str, keras.Model]:
    adapter = TypeAdapter(Architecture)
    options = {kind: adapter.validate_python({"kind": kind, **given}) for kind, given in ARCHITECTURES.items()}
    return {kind: each.build(image_shape=(32, 32, 3), num_classes=3) for kind, each in options.items()}


@pytest.fixture(scope="module")
def loaded(built, tmp_path_factory) -> dict[str, int]:
    """Parameters that a process which built no model counts in each file."""
    folder = tmp_path_factory.mktemp("models")
    paths = [str(folder / f"{kind}.keras") for kind in built]
    for model, path in zip(built.values(), paths, strict=True):
        model.save(path)
    ran = subprocess.run([sys.executable, "-c", SCRIPT, *paths], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return dict(zip(built, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_process_that_built_no_model_loads_one(built, loaded, kind):
    assert loaded[kind] == built[kind].count_params()


def test_something_else_is_refused(tmp_path):
    (tmp_path / "model.keras").write_text("not a model")
    with pytest.raises(ValueError, match=r"model\.keras"):
        load_model(tmp_path / "model.keras")
