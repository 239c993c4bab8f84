"""A retraining on two devices against one, on the same global batches."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.interrupting import start, weights

# Processes that each import TensorFlow.
pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).resolve().parent / "distributed.py"


def _run(strategy: str, kind: str, out: Path) -> list[np.ndarray]:
    process = start(SCRIPT, strategy, kind, out)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    return weights(out)


def test_pruning_and_clustering_on_two_devices_agree_with_one(tmp_path):
    one, two = (_run(strategy, "sparse", tmp_path / f"{strategy}.npz") for strategy in ("none", "mirrored"))
    for mine, theirs in zip(one, two, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


def test_two_devices_have_one_range_of_activations(tmp_path):
    first, second = _run("mirrored", "aware", tmp_path / "ranges.npz")
    np.testing.assert_array_equal(first, second)
    assert np.ptp(first) > 0
