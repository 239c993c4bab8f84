"""Killed at a random step and started again, a training ends with the weights of one that was not."""

import random
import signal
from pathlib import Path

import pytest

from tests.training.interrupting import assert_resumes_to_the_bit

# Three processes that each import TensorFlow.
pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).resolve().parent / "killable.py"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_resumed_weights_are_those_of_an_uninterrupted_training(tmp_path, number):
    # Nothing is lost but the steps of one graph call, and what the checkpoint being written had not reached.
    assert_resumes_to_the_bit(SCRIPT, tmp_path, number=number, kill_at=random.randint(3, 26), lost_steps=4)
