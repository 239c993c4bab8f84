"""What a run leaves behind, made by hand: no pipeline runs."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from studies.run_outputs import RunOutputs
from tasks.loading import TaskSpec

EXAMPLES = 64


@pytest.fixture(scope="session")
def digits_spec() -> TaskSpec:
    """Digits by a tiny network."""
    return TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [4], "blocks_per_stage": 1},
        },
    )


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> RunOutputs:
    """A run that transformed a few digits, the same for train and eval, and trained nothing."""
    place = tmp_path_factory.mktemp("transformed")
    images, labels = load_digits(return_X_y=True)
    for split in ("train", "eval"):
        (place / f"Split-{split}").mkdir()
        with tf.io.TFRecordWriter(str(place / f"Split-{split}" / "examples.gz"), options="GZIP") as writer:
            for image, label in zip(images[:EXAMPLES] / 16, labels[:EXAMPLES], strict=True):
                example = tf.train.Example()
                example.features.feature["image"].float_list.value.extend(image.astype(np.float32))
                example.features.feature["label"].int64_list.value.append(label)
                writer.write(example.SerializeToString())
    spec = {
        "image": tf.io.FixedLenFeature([8, 8, 1], tf.float32),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    return RunOutputs(run_id="r", examples=str(place), feature_spec=spec, model_run=None)
