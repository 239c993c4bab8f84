"""Files that version 0.1.0 wrote, when layers lay in modules of other names."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "saved_by_0_1_0"
# In a process of its own: here other tests may have imported what a file needs.
SCRIPT = """
import sys
import numpy as np
from training.meta.loading import load_model

for name in sys.argv[1:]:
    model = load_model(name + ".keras")
    arrays = np.load(name + ".npz")
    values = {kind: {} for kind in ("input", "output")}
    for key in arrays.files:
        kind, _, of = key.partition("/")
        values[kind][of] = arrays[key]
    outputs = model(values["input"])
    for of, expected in values["output"].items():
        np.testing.assert_allclose(outputs[of], expected, atol=1e-5, err_msg=name)
"""


def test_models_of_an_earlier_version_compute_the_same():
    names = sorted(path.with_suffix("") for path in FOLDER.glob("*.keras"))
    assert len(names) == 7
    ran = subprocess.run([sys.executable, "-c", SCRIPT, *names], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
