"""What a network is given of the train split before it is trained."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from models.tabular.numeric_embeddings import PiecewiseLinearEncoding
from models.tabular.shape import NUMBERS, UNITS
from training.input import read_examples

BATCH_SIZE = 1024
# Rows, the first of the split, whose quantiles bound the bins.
MAX_ROWS = 262_144


def set_bins(model: keras.Model, files: Sequence[str], *, feature_spec: Mapping[str, Any]) -> None:
    """Sets the bins of the model's piecewise linear encoding; does nothing where it has none.

    Args:
      model: the untrained network.
      files: patterns of what Transform wrote of the train split.
      feature_spec: parsing spec of the transformed features.
    """
    encodings = [layer for layer in model.layers if isinstance(layer, PiecewiseLinearEncoding)]
    if not encodings:
        return
    batches = read_examples(
        files, feature_spec=feature_spec, batch_size=BATCH_SIZE, to_batch=lambda features: features[NUMBERS]
    )
    rows = np.concatenate(list(batches.take(MAX_ROWS // BATCH_SIZE).as_numpy_iterator()))
    for encoding in encodings:
        encoding.set(rows)


def set_units(model: keras.Model, files: Sequence[str], *, feature_spec: Mapping[str, Any]) -> None:
    """Sets the units of the label, which Transform fitted; the arguments are those of `set_bins`."""
    batches = read_examples(files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features)
    [first] = batches.take(1)
    location, scale = (first[name].numpy()[0] for name in ("location", "scale"))
    model.get_layer(UNITS).set(location=location, scale=scale)
