"""The stacks: how one is chosen, and what they hold in another version than a distribution asks for."""

import os
import subprocess
from pathlib import Path

import farmhash
import pytest
import tensorflow as tf

PROJECT = Path(__file__).resolve().parents[1]
TEXTS = ["", "a", "species", "petal_width", "a feature whose name has more than twenty-four characters", "é中"]


@pytest.mark.parametrize("text", TEXTS)
def test_farmhash_fingerprints_are_tensorflows(text):
    """TFDV compares examples by them in its skew detector. TensorFlow has FarmHash's own code."""
    expected = tf.fingerprint(tf.constant([text]), method="farmhash64").numpy()
    assert farmhash.fingerprint64(text) == int.from_bytes(expected.tobytes(), "little")


@pytest.mark.parametrize(
    ("text", "fingerprint"),
    [*zip(TEXTS, [3696677242, 1016544589, 266954677, 1813438852, 3930024489, 1152671775], strict=True)],
)
def test_farmhash_partitions_features_as_the_version_that_tfdv_asks_for(text, fingerprint):
    """Computed by pyfarmhash 0.3.2."""
    assert farmhash.fingerprint32(text) == fingerprint


def test_a_stack_that_there_is_not_is_refused_before_anything_is_set_up():
    done = subprocess.run(
        [PROJECT / "scripts" / "setup.sh", "runtime"],
        env={**os.environ, "SLIPWAY_STACK": "tfx-2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "must be tfx-1.21 or tfx-1.16. Received: tfx-2." in done.stderr
    assert done.stdout == ""


def test_a_pyenv_without_a_python_that_fits_ends_no_set_up(tmp_path):
    (tmp_path / "pyenv").write_text("#!/bin/sh\necho 3.8.18\n")
    (tmp_path / "pyenv").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([PROJECT / "scripts" / "setup.sh", "uv"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
