"""A strided convolution as a matrix product, for networks whose weights differ from task to task."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

KERNEL, STRIDE = 3, 2


@keras.saving.register_keras_serializable(package="slipway")
class PatchConvolution(keras.layers.Layer):
    """3×3 convolution without bias at stride 2, `[example, height, width, channel]` to half the height and width,
    rounded up: what Conv2D computes of an image with a border of one zero.

    With weights of its own for each task, as in an inner loop over tasks side by side, a convolution becomes a loop
    over the tasks, and its gradients do; a matrix product of patches stays one batched product.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        """Args:
        filters: channels of the output.
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
        return ops.matmul(patches(x), self.kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, int, int, int]) -> tuple[int | None, int, int, int]:
        examples, height, width, _ = input_shape
        return (examples, halve(height), halve(width), self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


def halve(size: int) -> int:
    """Number of rows or columns of the output."""
    return (size + 1) // STRIDE


def patches(x: Any) -> Any:
    """`[example, height, width, channel]` to `[example, row, column, 9 · channel]`, by row of the kernel, column of the
    kernel, and channel."""
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
