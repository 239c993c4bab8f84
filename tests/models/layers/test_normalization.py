"""Against Keras's own layer, which composes what ours takes from one kernel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.normalization import BatchNormalization

X = np.random.default_rng(0).normal(2.0, 3.0, size=(4, 5, 6, 3)).astype(np.float32)
UPSTREAM = np.random.default_rng(1).normal(size=X.shape).astype(np.float32)


def _layer(cls, shape: tuple[int, ...] = X.shape, **options) -> keras.Layer:
    layer = cls(momentum=0.7, **options)
    layer.build(shape)
    rng = np.random.default_rng(2)
    for variable in layer.variables:
        variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return layer


def _step(layer: keras.Layer, x: np.ndarray, training: bool) -> list[np.ndarray]:
    """Outputs, gradients by inputs and weights, and statistics."""
    inputs = tf.constant(x)
    weights = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, training=training)
        total = tf.reduce_sum(tf.cast(y, tf.float32) * UPSTREAM[..., : y.shape[-1]].reshape(y.shape))
    gradients = tape.gradient(total, [inputs, *weights])
    return [y, *gradients, *(variable.numpy() for variable in layer.non_trainable_variables)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "options", [{}, {"scale": False}, {"center": False}, {"scale": False, "center": False}, {"epsilon": 0.1}]
)
def test_outputs_gradients_and_statistics_are_keras_s(options, training):
    ours, theirs = _layer(BatchNormalization, **options), _layer(keras.layers.BatchNormalization, **options)
    for one, other in zip(_step(ours, X, training), _step(theirs, X, training), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_the_kernel_is_used():
    layer = _layer(BatchNormalization)
    graph = tf.function(lambda x: layer(x, training=True)).get_concrete_function(tf.TensorSpec(X.shape)).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}


def test_frozen_layers_use_and_keep_their_statistics():
    layer = _layer(BatchNormalization)
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_allclose(layer(X, training=True), layer(X, training=False), atol=1e-6)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_survives_saving(tmp_path):
    image = keras.Input(X.shape[1:])
    model = keras.Model(image, BatchNormalization(momentum=0.7, epsilon=0.1, center=False)(image))
    model(X, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[-1]) is BatchNormalization
    for training in (False, True):
        np.testing.assert_array_equal(loaded(X, training=training), model(X, training=training))


def test_vectors_and_sequences_take_keras_s_way():
    for shape in ((40, 3), (4, 10, 3)):
        ours, theirs = (_layer(cls, shape) for cls in (BatchNormalization, keras.layers.BatchNormalization))
        x = X.reshape(-1, 3)[:40].reshape(shape)
        np.testing.assert_array_equal(ours(x, training=True), theirs(x, training=True))


def test_bfloat16_in_and_out_with_statistics_in_float32():
    layer = BatchNormalization(dtype="mixed_bfloat16")
    y = layer(X, training=True)
    assert y.dtype == tf.bfloat16
    assert {variable.dtype for variable in layer.variables} == {"float32"}
    rounded = tf.cast(tf.cast(X, tf.bfloat16), tf.float32).numpy()
    np.testing.assert_allclose(layer.moving_mean, 0.01 * rounded.mean(axis=(0, 1, 2)), rtol=1e-3)
