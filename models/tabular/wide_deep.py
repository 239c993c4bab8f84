"""A linear model and a perceptron that are trained together."""

import keras

from models.tabular.linear import linear_part
from models.tabular.mlp import deep_part
from models.tabular.parts import combined, table_inputs, table_model
from models.tabular.shape import TableShape


def wide_deep(shape: TableShape, *, widths: tuple[int, ...], embedding_dim: int, dropout: float) -> keras.Model:
    """What both give together; see `models.tabular.mlp.mlp` for the arguments.

    Source: Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016, section 3.3. The wide part sees
    crosses where the config has some.
    """
    inputs = table_inputs(shape)
    deep = deep_part(inputs, shape, widths=widths, embedding_dim=embedding_dim, dropout=dropout)
    return table_model(inputs, combined(linear_part(inputs, shape), deep), shape, name="wide_deep")
