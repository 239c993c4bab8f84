"""Killed and started again, a retraining ends with the weights of one that was not."""

import random
import signal
from pathlib import Path

import pytest

from tests.training.interrupting import assert_resumes_to_the_bit

# Three processes that each import TensorFlow.
pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).resolve().parent / "killable.py"


@pytest.mark.parametrize(
    ("kind", "steps", "number"),
    [
        # While the share of zeros still grows, and once weights share their values.
        ("sparse", (5, 13), signal.SIGKILL),
        ("sparse", (17, 26), signal.SIGTERM),
        ("aware", (3, 26), signal.SIGKILL),
    ],
)
def test_resumed_weights_are_those_of_an_uninterrupted_retraining(tmp_path, kind, steps, number):
    kill_at = random.randint(*steps)
    assert_resumes_to_the_bit(SCRIPT, tmp_path, kind, number=number, kill_at=kill_at, lost_steps=4)
