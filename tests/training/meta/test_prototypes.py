"""Prototypes at the edges of their arithmetic."""

import keras
import numpy as np
import tensorflow as tf

from training.meta.prototypes import PrototypeLearner


def test_a_class_without_support_gets_the_lowest_logit_in_half_precision_too():
    x = keras.Input((1,), name="x", dtype="float16")
    network = keras.Model({"x": x}, keras.layers.Identity(dtype="float16")(x))
    learner = PrototypeLearner(network=network, way=2, dtype="float16")
    prototypes = tf.constant([[[1.0], [0.0]]], tf.float16)
    queries = {"query_x": tf.constant([[[1.0], [3.0]]], tf.float16)}
    logits = learner.predict([prototypes, tf.constant([[1.0, 0.0]], tf.float16)], queries).numpy()
    # The negative squared distance of each query from the one prototype that is there.
    np.testing.assert_array_equal(logits[0, :, 0], [0, -4])
    assert np.isfinite(logits).all()
    assert (logits[0, :, 1] < -10_000).all()
