"""What Compressor and studies read of Transform's examples, with a task that serves batches from memory."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tasks.transformed_data import CALIBRATION_POOL, TransformedData


def _data(examples: int) -> tuple[TransformedData, list]:
    """Data whose task counts its examples up, and a list of what the task was asked for."""
    asked = []

    def batches(files, *, feature_spec, batch_size):
        asked.append((files, feature_spec))
        values = tf.range(examples)
        return tf.data.Dataset.from_tensor_slices(({"x": values}, values)).batch(batch_size)

    task = SimpleNamespace(batches=batches, representative_sample=lambda inputs, size: (inputs["x"], size))
    return TransformedData(task=task, directory="/examples", feature_spec={"x": "spec"}), asked


@pytest.mark.parametrize("examples", [3, CALIBRATION_POOL + 1])
def test_a_sample_for_calibration_is_drawn_from_the_first_train_examples(examples):
    data, asked = _data(examples)
    pool, size = data.calibration_sample(10)
    np.testing.assert_array_equal(pool, np.arange(min(examples, CALIBRATION_POOL)))
    assert size == 10
    assert asked == [(["/examples/Split-train/*"], {"x": "spec"})]


def test_evaluation_reads_the_eval_split_in_batches_of_inputs_and_targets():
    data, asked = _data(5)
    assert [len(targets) for _, targets in data.evaluation(2)] == [2, 2, 1]
    assert asked == [(["/examples/Split-eval/*"], {"x": "spec"})]
