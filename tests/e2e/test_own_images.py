"""A user's own images, by what `slipway init` writes."""

import numpy as np
import pytest
import tensorflow as tf

from tests.e2e.commands import run, slipway

pytestmark = pytest.mark.e2e


def test_from_init_to_a_pushed_model(tmp_path):
    mine = tmp_path / "my-model"
    assert slipway("init", mine).returncode == 0
    rng = np.random.default_rng(0)
    for channel, name in enumerate(("red", "green", "blue")):
        (mine / "images" / name).mkdir()
        for index in range(80):
            pixels = rng.integers(0, 120, (40, 24, 3), dtype=np.uint8)
            pixels[..., channel] += 100
            encode = tf.io.encode_jpeg if index % 2 else tf.io.encode_png
            suffix = "jpg" if index % 2 else "png"
            (mine / "images" / name / f"{index}.{suffix}").write_bytes(encode(pixels).numpy())
    done = run(mine / "pipeline.yaml", tmp_path / "root")
    assert done.exit_code == 0, done.output
    assert (done.root.registry / "my-model" / "1" / "tflite" / "labels.txt").read_text() == "blue\ngreen\nred\n"
    # The metric that the starter's own task adds.
    metrics = done.record()["metrics"]
    assert metrics["test_top_2_accuracy"] >= metrics["test_accuracy"]
