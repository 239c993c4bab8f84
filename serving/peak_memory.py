"""Peak memory of inference with a model, in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from serving.inference import InferenceModel
from serving.tflite import TFLiteModel, TFLiteModelError

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_memory_bytes(path: str | os.PathLike[str]) -> int | None:
    """What loading a model and running it at batch size 1 adds to a process; None where the system does not tell.

    Args:
      path: a TFLite file, or the directory of a SavedModel, whose `predict` is run and whose TensorFlow is not counted.

    Raises:
      TFLiteModelError: the model could not be run.
    """
    if not _CLEAR.exists():
        return None
    done = subprocess.run(
        [sys.executable, "-m", "serving.peak_memory", os.path.abspath(path)],
        capture_output=True,
        text=True,
        # Where Python looks for modules first: in the user's directory some may have the names of ours.
        cwd=Path(__file__).resolve().parents[1],
    )
    if done.returncode:
        raise TFLiteModelError(f"a model must run. Received: {path}, which did not: {done.stderr[-300:]}")
    return int(done.stdout)


def _kilobytes(field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+) kB", _STATUS.read_text())
    assert found is not None
    return int(found.group(1))


def _measure(path: str) -> int:
    load: Callable[[str], InferenceModel] = TFLiteModel
    if Path(path).is_dir():
        import tensorflow as tf

        from serving.saved_model import SavedModel

        # Its first op makes what all models share.
        tf.constant(0)
        load = SavedModel
    # Sets the peak back to what is resident now.
    _CLEAR.write_text("5")
    before = _kilobytes("VmRSS")
    model = load(path)
    zeros = {
        name: np.zeros([1, *(size or 1 for size in info.shape[1:])], np.float32 if info.scale else info.dtype)
        for name, info in model.inputs.items()
    }
    model.warm_up(zeros, rounds=1)
    return (_kilobytes("VmHWM") - before) * 1024


if __name__ == "__main__":
    print(_measure(sys.argv[1]))
