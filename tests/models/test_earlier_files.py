"""Files that version 0.1.0 wrote, when layers lay in modules of other names."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "saved_by_0_1_0"
# In a process of its own: here other tests may have imported what a file needs.
SCRIPT = """
import sys
import numpy as np
import training.meta.build  # The learners, as few-shot tasks import them.
from models.loading import load_model

model = load_model(sys.argv[1] + ".keras")
arrays = np.load(sys.argv[1] + ".npz")
values = {kind: {} for kind in ("input", "output")}
for key in arrays.files:
    kind, _, name = key.partition("/")
    values[kind][name] = arrays[key]
outputs = model(values["input"])
for name, expected in values["output"].items():
    np.testing.assert_allclose(outputs[name], expected, atol=1e-5)
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.keras")))
def test_a_model_of_an_earlier_version_computes_the_same(name):
    ran = subprocess.run([sys.executable, "-c", SCRIPT, FOLDER / name], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
