"""Killed at a random step and started again, a training ends with the weights of one that was not."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Three processes that each import TensorFlow.
pytestmark = pytest.mark.e2e

FOLDER = Path(__file__).resolve().parent


def _start(directory: Path | str, out: Path, kill_at: int = 10**9) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(FOLDER / "killable.py"), str(directory), str(out), str(kill_at)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parents[1]), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def _weights(path: Path) -> list[np.ndarray]:
    with np.load(path) as stored:
        return [stored[name] for name in stored.files]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_resumed_weights_are_those_of_an_uninterrupted_training(tmp_path, number):
    kill_at = random.randint(3, 26)
    plain = _start("-", tmp_path / "plain.npz")
    killed = _start(tmp_path / "checkpoints", tmp_path / "killed.npz", kill_at)
    assert killed.stdout is not None
    while int(killed.stdout.readline() or 10**9) < kill_at:
        pass
    killed.send_signal(number)
    _, errors = killed.communicate(timeout=60)
    if number == signal.SIGTERM:
        assert "training.errors.Preempted: SIGTERM came. A checkpoint of step" in errors
    assert plain.wait(timeout=60) == 0, plain.stderr and plain.stderr.read()
    resumed = _start(tmp_path / "checkpoints", tmp_path / "resumed.npz")
    steps, errors = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, errors
    # Nothing was lost but the steps of one graph call, and what the checkpoint being written had not reached.
    assert int(steps.split()[0]) >= kill_at - 4, f"killed at {kill_at}"
    for mine, theirs in zip(_weights(tmp_path / "resumed.npz"), _weights(tmp_path / "plain.npz"), strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=f"killed at step {kill_at}")
