"""A rectified linear unit whose gradient TFLite knows."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="slipway")
class Rectifier(keras.layers.Layer):
    """max(x, 0), of any shape, for networks with an inner loop in their graph.

    It computes what ReLU does. The gradient of Keras's ReLU is an operation of TensorFlow that no TFLite file can hold;
    the gradient of this one is a selection.
    """

    def call(self, inputs: Any) -> Any:
        return ops.maximum(inputs, 0.0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
