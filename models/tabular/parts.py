"""The parts that all networks for rows share: inputs, embeddings and outputs."""

from typing import Any

import keras
import numpy as np
from keras import ops

from models.tabular.shape import CATEGORIES, FLAGS, LOGITS, NUMBERS, PREDICTION, UNITS, TableShape

Tensors = dict[str, keras.KerasTensor]


def table_inputs(shape: TableShape) -> Tensors:
    """The inputs by name; see `TableShape`."""
    inputs = {}
    if shape.numbers:
        inputs[NUMBERS] = keras.Input((shape.numbers,), name=NUMBERS)
    if shape.flags:
        inputs[FLAGS] = keras.Input((shape.flags,), name=FLAGS)
    if shape.categories:
        inputs[CATEGORIES] = keras.Input((len(shape.categories),), dtype="int64", name=CATEGORIES)
    return inputs


def embedded_categories(inputs: Tensors, shape: TableShape, *, dim: int, name: str) -> list[keras.KerasTensor]:
    """The embeddings of a row's categories behind each other, `[batch, column · dim]`; none without categories."""
    if not shape.categories:
        return []
    vectors = keras.layers.Embedding(sum(shape.categories), dim, name=name)(inputs[CATEGORIES])
    return [keras.layers.Reshape((len(shape.categories) * dim,))(vectors)]


def joined(parts: list[keras.KerasTensor]) -> keras.KerasTensor:
    """Tensors `[batch, ...]` behind each other."""
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)


def combined(first: keras.KerasTensor, second: keras.KerasTensor) -> keras.KerasTensor:
    """One `[batch, unit]` less the other: as good as their sum, since both learn their signs.

    Keras's addition takes a `[1, unit]`, the shape that files are converted at, for a bias: the file would compute
    something for a batch of one only, and could not be quantized.
    """
    return keras.layers.Subtract()([first, second])


def perceptron(x: keras.KerasTensor, *, widths: tuple[int, ...], dropout: float) -> keras.KerasTensor:
    """Dense layers with ReLU, each before a dropout. Maps `[batch, unit]` to `[batch, unit]`."""
    for width in widths:
        x = keras.layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
        x = keras.layers.Dropout(dropout)(x)
    return x


def output_size(shape: TableShape) -> int:
    """How many numbers the last layer gives."""
    return shape.classes or 1


def table_model(inputs: Tensors, x: keras.KerasTensor, shape: TableShape, *, name: str) -> keras.Model:
    """A model from `inputs` to what `x` `[batch, output]` means, in float32 throughout: logits, or a number."""
    if shape.classes:
        return keras.Model(
            inputs, {LOGITS: keras.layers.Activation("linear", dtype="float32", name=LOGITS)(x)}, name=name
        )
    return keras.Model(inputs, {PREDICTION: LabelUnits(name=UNITS)(x)}, name=name)


@keras.saving.register_keras_serializable(package="slipway")
class LabelUnits(keras.layers.Layer):
    """Multiplies by a scale and adds a location, which are set rather than trained: from units in which labels have
    mean 0 and deviation 1 to their own. In float32 whatever the policy. Maps `[batch, 1]` to the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.location = self.add_weight(name="location", shape=(1,), initializer="zeros", trainable=False)
        self.scale = self.add_weight(name="scale", shape=(1,), initializer="ones", trainable=False)

    def set(self, *, location: np.ndarray, scale: np.ndarray) -> None:
        """Sets both, `[1]` each; the scale is above zero."""
        self.location.assign(location)
        self.scale.assign(scale)

    def call(self, inputs: Any) -> Any:
        return ops.cast(inputs, "float32") * self.scale + self.location

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "dtype"}
