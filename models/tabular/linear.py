"""A linear model of a row: logistic regression, or linear regression."""

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
from models.tabular.shape import CATEGORIES, TableShape


def linear(shape: TableShape) -> keras.Model:
    """One weight for each number, flag and category, and output. See `TableShape` for what it takes and gives."""
    inputs = table_inputs(shape)
    return table_model(inputs, linear_part(inputs, shape), shape, name="linear")


def linear_part(inputs: Tensors, shape: TableShape) -> keras.KerasTensor:
    """The sum of what all inputs weigh, `[batch, output]`. A category's weight is an embedding of the output's size."""
    size = output_size(shape)
    terms = []
    dense = [tensor for name, tensor in inputs.items() if name != CATEGORIES]
    if dense:
        terms.append(keras.layers.Dense(size, name="weights")(joined(dense)))
    for weights in embedded_categories(inputs, shape, dim=size, name="category_weights"):
        by_column = keras.layers.Reshape((len(shape.categories), size))(weights)
        # An average: the same as a sum, whose factor the weights learn.
        terms.append(keras.layers.GlobalAveragePooling1D()(by_column))
    return terms[0] if len(terms) == 1 else combined(*terms)
