"""A strided convolution as a matrix product, for networks whose weights differ from task to task."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

KERNEL, STRIDE = 3, 2


@keras.saving.register_keras_serializable(package="slipway")
class PatchConvolution(keras.layers.Layer):
    """A 3×3 convolution without bias at stride 2: what Conv2D computes of an image with a border of one zero.

    Takes `[example, height, width, channel]` and gives `[example, row, column, filter]`, of half the height and width,
    rounded up. In an inner loop each task has weights of its own. Over tasks side by side TensorFlow makes a loop of a
    convolution with such weights, and of its gradients; a matrix product of patches stays one batched product.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        """Args:
        filters: number of channels of the output.
        """
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape: tuple[int | None, int, int, int]) -> None:
        fan_in = KERNEL * KERNEL * input_shape[-1]
        start = keras.initializers.GlorotUniform()(shape=(KERNEL, KERNEL, input_shape[-1], self.filters))
        self.kernel = self.add_weight(
            name="kernel", shape=(fan_in, self.filters), initializer=lambda shape, dtype: ops.reshape(start, shape)
        )

    def call(self, x: Any) -> Any:
        return ops.matmul(cut_patches(x), self.kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, int, int, int]) -> tuple[int | None, int, int, int]:
        examples, height, width, _ = input_shape
        return (examples, halve(height), halve(width), self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


def halve(size: int) -> int:
    """Number of rows or columns of the output, out of those of the input."""
    return (size + 1) // STRIDE


def cut_patches(x: Any) -> Any:
    """The patches that a kernel covers, `[example, row, column, 9 · channel]`, of images `[example, height, width,
    channel]`; the last axis goes by row of the kernel, column of the kernel and channel."""
    _, height, width, channels = x.shape
    rows, columns = halve(height), halve(width)
    border = ((0, 0), (1, STRIDE * rows + 1 - height), (1, STRIDE * columns + 1 - width), (0, 0))
    # [example, rows + 1, row's parity, columns + 1, column's parity, channel]: the third row of a patch is the first of
    # the next one. Split and slice have gradients that TFLite knows, a strided slice has not.
    phases = ops.reshape(ops.pad(x, border), (-1, rows + 1, STRIDE, columns + 1, STRIDE, channels))
    found = []
    for row in range(KERNEL):
        for column in range(KERNEL):
            phase = ops.split(ops.split(phases, STRIDE, axis=2)[row % STRIDE], STRIDE, axis=4)[column % STRIDE]
            grid = ops.reshape(phase, (-1, rows + 1, columns + 1, channels))
            start = (0, row // STRIDE, column // STRIDE, 0)
            found.append(tf.slice(grid, start, (-1, rows, columns, channels)))
    return ops.concatenate(found, axis=-1)
