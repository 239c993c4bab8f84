"""A perceptron on the numbers of a row and on embeddings of its categories."""

import keras

from models.tabular.parts import (
    Tensors,
    embedded_categories,
    joined,
    output_size,
    perceptron,
    table_inputs,
    table_model,
)
from models.tabular.shape import CATEGORIES, TableShape


def mlp(shape: TableShape, *, widths: tuple[int, ...], embedding_dim: int, dropout: float) -> keras.Model:
    """Dense layers with ReLU. See `TableShape` for what it takes and gives.

    Args:
      shape: sizes of inputs and outputs.
      widths: units of each layer.
      embedding_dim: size of the vector that stands for a category.
      dropout: rate after each layer.
    """
    inputs = table_inputs(shape)
    x = deep_part(inputs, shape, widths=widths, embedding_dim=embedding_dim, dropout=dropout)
    return table_model(inputs, x, shape, name="mlp")


def deep_part(
    inputs: Tensors, shape: TableShape, *, widths: tuple[int, ...], embedding_dim: int, dropout: float
) -> keras.KerasTensor:
    """What a perceptron makes of the inputs, `[batch, output]`; see `mlp`."""
    dense = [tensor for name, tensor in inputs.items() if name != CATEGORIES]
    x = joined([*dense, *embedded_categories(inputs, shape, dim=embedding_dim, name="category_embedding")])
    x = perceptron(x, widths=widths, dropout=dropout)
    return keras.layers.Dense(output_size(shape), name="head")(x)
