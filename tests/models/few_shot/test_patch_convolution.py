"""The matrix product against Keras's convolution, also inside an inner loop over tasks."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models.few_shot.patch_convolution import PatchConvolution


def _convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return tf.nn.conv2d(padded, kernel.reshape(3, 3, x.shape[-1], -1), strides=2, padding="VALID").numpy()


@settings(max_examples=20)
@given(height=st.integers(1, 9), width=st.integers(1, 9), channels=st.integers(1, 3))
def test_is_a_strided_convolution(height: int, width: int, channels: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, height, width, channels)).astype("float32")
    layer = PatchConvolution(4)
    y = layer(x)
    np.testing.assert_allclose(y, _convolved(x, layer.kernel.numpy()), atol=1e-5)
    assert layer.compute_output_shape(x.shape) == y.shape


def test_starts_as_a_convolution_does() -> None:
    layer = PatchConvolution(64)
    layer.build((None, 8, 8, 32))
    bound = np.sqrt(6 / (9 * 32 + 9 * 64))
    kernel = layer.kernel.numpy()
    assert np.abs(kernel).max() <= bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_survives_saving(tmp_path: object) -> None:
    model = keras.Sequential([keras.Input((6, 6, 2)), PatchConvolution(3)])
    path = f"{tmp_path}/model.keras"
    model.save(path)
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")
    np.testing.assert_array_equal(keras.models.load_model(path)(x), model(x))


def test_tasks_with_kernels_of_their_own_take_no_loop() -> None:
    layer = PatchConvolution(3)
    layer.build((None, 6, 6, 2))
    random = np.random.default_rng(0)
    x = random.normal(size=(4, 2, 6, 6, 2)).astype("float32")
    kernels = random.normal(size=(4, 18, 3)).astype("float32")

    @tf.function
    def of_tasks(x: tf.Tensor, kernels: tf.Tensor) -> tf.Tensor:
        def gradient(task: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            x, kernel = task
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                y = layer.stateless_call([kernel], [], x)[0]
            return tape.gradient(y, kernel)

        return tf.vectorized_map(gradient, (x, kernels))

    graph = of_tasks.get_concrete_function(x, kernels).graph
    assert not {"While", "StatelessWhile"} & {operation.type for operation in graph.get_operations()}
    for task in range(4):
        with tf.GradientTape() as tape:
            kernel = tf.Variable(kernels[task].reshape(3, 3, 2, 3))
            y = tf.nn.conv2d(np.pad(x[task], ((0, 0), (1, 1), (1, 1), (0, 0))), kernel, strides=2, padding="VALID")
        expected = tf.reshape(tape.gradient(y, kernel), [18, 3])
        np.testing.assert_allclose(of_tasks(x, kernels)[task], expected, atol=1e-4)
