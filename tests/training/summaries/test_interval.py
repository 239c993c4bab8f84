from types import SimpleNamespace

import keras
import pytest
import tensorflow as tf

from training.summaries.interval import steps_done


@pytest.mark.parametrize("strategy", [tf.distribute.get_strategy, lambda: tf.distribute.MirroredStrategy(["CPU:0"])])
def test_steps_are_counted_wherever_they_are_taken(strategy):
    with strategy().scope():
        optimizer = keras.optimizers.SGD()
    optimizer.iterations.assign(3)
    assert steps_done(SimpleNamespace(optimizer=optimizer)) == 3
