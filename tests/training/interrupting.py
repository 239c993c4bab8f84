"""Trainings in processes of their own, which can be killed and started again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent


def assert_resumes_to_the_bit(
    script: Path, place: Path, *arguments: str, number: signal.Signals, kill_at: int, lost_steps: int
) -> None:
    """A training that a signal ended, started again, ends with the weights of one that was not interrupted.

    Args:
      script: takes the checkpoints' directory or -, the file for the weights, the step from which on it dawdles, and
        the arguments; prints each step.
      place: for its files.
      arguments: of the script.
      number: of the signal.
      kill_at: the step after which it is sent.
      lost_steps: how many may have to be done anew.
    """
    plain = start(script, "-", place / "plain.npz", 10**9, *arguments)
    killed = start(script, place / "checkpoints", place / "killed.npz", kill_at, *arguments)
    assert killed.stdout is not None
    while int(killed.stdout.readline() or 10**9) < kill_at:
        pass
    killed.send_signal(number)
    _, errors = killed.communicate(timeout=100)
    if number == signal.SIGTERM:
        assert "training.errors.Preempted: SIGTERM came. A checkpoint of step" in errors
    assert plain.wait(timeout=100) == 0, plain.stderr and plain.stderr.read()
    resumed = start(script, place / "checkpoints", place / "resumed.npz", 10**9, *arguments)
    steps, errors = resumed.communicate(timeout=100)
    assert resumed.returncode == 0, errors
    assert int(steps.split()[0]) >= kill_at - lost_steps, f"killed at {kill_at}"
    for mine, theirs in zip(weights(place / "resumed.npz"), weights(place / "plain.npz"), strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=f"killed at step {kill_at}")


def start(script: Path, *arguments: object) -> subprocess.Popen:
    """Runs a script that trains; `small` is importable."""
    # It lies beside this file, wherever the script does.
    paths = f"{FOLDER.parents[1]}{os.pathsep}{FOLDER}"
    return subprocess.Popen(
        [sys.executable, str(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def weights(path: Path) -> list[np.ndarray]:
    """The arrays of an .npz file, in order."""
    with np.load(path) as stored:
        return [stored[name] for name in stored.files]
