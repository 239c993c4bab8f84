"""The sizes of a network for rows. Needs no Keras."""

from dataclasses import dataclass

# Inputs of the models, each left out where its size is none; outputs.
NUMBERS, FLAGS, CATEGORIES = "numbers", "flags", "categories"
LOGITS, PREDICTION = "logits", "prediction"
# Layer that takes a predicted number to the label's units.
UNITS = "units"


@dataclass(frozen=True, kw_only=True)
class TableShape:
    """Sizes of a model's inputs and outputs.

    Attributes:
      numbers: scaled numbers of a row: `numbers` `[batch, number]` float32.
      flags: what is encoded already, flags, one-hot places and shares of bins: `flags` `[batch, flag]` float32.
      categories: how many values each categorical column has. `categories` `[batch, column]` int64 holds places in one
        table of all columns' values, below each other: a column's places begin after those of the columns before.
      classes: number of classes: `logits` `[batch, class]`; 0 for a number: `prediction` `[batch, 1]`.
    """

    numbers: int
    flags: int
    categories: tuple[int, ...]
    classes: int
