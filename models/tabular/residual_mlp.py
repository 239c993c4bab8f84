"""A residual perceptron, on embeddings of numbers and of categories."""

from typing import Literal

import keras

from models.tabular.parts import (
    Tensors,
    combined,
    embedded_categories,
    joined,
    output_size,
    table_inputs,
    table_model,
)
from models.tabular.periodic_encoding import PeriodicEncoding
from models.tabular.shape import CATEGORIES, NUMBERS, TableShape


def residual_mlp(
    shape: TableShape,
    *,
    numbers: Literal["periodic", "none"],
    frequencies: int,
    sigma: float,
    number_dim: int,
    embedding_dim: int,
    width: int,
    hidden: int,
    blocks: int,
    dropout: float,
) -> keras.Model:
    """A ResNet of rows; see `TableShape` for what it takes and gives.

    Source: Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, section 3.2, and of the
    embeddings `models.tabular.periodic_encoding`.

    Args:
      shape: sizes of inputs and outputs.
      numbers: periodic embeds each; none takes it as it is.
      frequencies: see `PeriodicEncoding`.
      sigma: see `PeriodicEncoding`.
      number_dim: size of the vector that stands for a number.
      embedding_dim: size of the vector that stands for a category.
      width: units between the blocks.
      hidden: units in a block.
      blocks: number of blocks.
      dropout: rate in a block.
    """
    inputs = table_inputs(shape)
    parts = [tensor for name, tensor in inputs.items() if name != CATEGORIES]
    if shape.numbers and numbers == "periodic":
        encoding = PeriodicEncoding(frequencies=frequencies, sigma=sigma, name="frequencies")
        parts[0] = _embedded(inputs, encoding, number_dim)
    x = joined([*parts, *embedded_categories(inputs, shape, dim=embedding_dim, name="category_embedding")])
    x = keras.layers.Dense(width)(x)
    for _ in range(blocks):
        branch = keras.layers.BatchNormalization(momentum=0.9)(x)
        branch = keras.layers.Dense(hidden, activation="relu", kernel_initializer="he_normal")(branch)
        branch = keras.layers.Dense(width)(keras.layers.Dropout(dropout)(branch))
        x = combined(x, branch)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization(momentum=0.9)(x))
    return table_model(inputs, keras.layers.Dense(output_size(shape), name="head")(x), shape, name="residual_mlp")


def _embedded(inputs: Tensors, encoding: keras.layers.Layer, dim: int) -> keras.KerasTensor:
    """The vectors of a row's numbers behind each other: all mapped by the same matrix, as PLR(lite) does (Gorishniy et
    al., "TabR", ICLR 2024, section 3.1), which int8 files have a kernel for."""
    vectors = keras.layers.Dense(dim, activation="relu", name="number_embedding")(encoding(inputs[NUMBERS]))
    return keras.layers.Reshape((vectors.shape[1] * dim,))(vectors)
