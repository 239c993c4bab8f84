"""Trained models from disk."""

import subprocess
import sys

import pytest
from pydantic import TypeAdapter

from models.classifiers.options import Architecture
from models.loading import load_model

# Between them they hold a layer, an activation and an initializer of ours.
ARCHITECTURES = [
    {"kind": "mobilenet_v2", "activation": "mish", "initializer": "delta_orthogonal", "shrinks": 8, "width": 0.25},
    {"kind": "convnext", "widths": [4], "blocks_per_stage": [1]},
    {"kind": "vit", "depth": 1},
]


@pytest.mark.parametrize("options", ARCHITECTURES, ids=lambda options: options["kind"])
def test_a_process_that_built_no_model_loads_one(options, tmp_path):
    model = TypeAdapter(Architecture).validate_python(options).build(image_shape=(32, 32, 3), num_classes=3)
    model.save(tmp_path / "model.keras")
    script = "import sys; from models.loading import load_model; print(load_model(sys.argv[1]).count_params())"
    ran = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "model.keras"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert int(ran.stdout) == model.count_params()


def test_something_else_is_refused(tmp_path):
    (tmp_path / "model.keras").write_text("not a model")
    with pytest.raises(ValueError, match=r"model\.keras"):
        load_model(tmp_path / "model.keras")
