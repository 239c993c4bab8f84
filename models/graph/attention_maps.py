"""Attention of a trained transformer: the weights of every attention layer for one window, and their rollout."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np

from models.layers.attention import Attention


@dataclass(frozen=True, kw_only=True)
class AttentionMap:
    """The attention weights of one layer.

    Attributes:
      layer: its name.
      weights: `[sequence, head, query, key]`; with channel independence a channel is a sequence of its own.
      is_self: whether queries and keys are of one sequence.
    """

    layer: str
    weights: np.ndarray
    is_self: bool


def attention_maps(model: keras.Model, inputs: Mapping[str, np.ndarray]) -> list[AttentionMap]:
    """In the order of computation; of a layer that is called several times, the first call. None where the model has no
    attention.

    Args:
      model: functional.
      inputs: the model's inputs for one window.
    """
    layers = [layer for layer in model.layers if isinstance(layer, Attention)]
    if not layers:
        return []
    taken = [layer.input if isinstance(layer.input, list | tuple) else [layer.input] for layer in layers]
    observed = keras.Model(model.input, taken)(dict(inputs), training=False)
    return [
        AttentionMap(layer=layer.name, weights=np.asarray(layer.weights_of(*tensors)), is_self=len(tensors) == 1)
        for layer, tensors in zip(layers, observed, strict=True)
    ]


def rollout(maps: list[AttentionMap]) -> np.ndarray:
    """How much of each token at the bottom is in each one at the top, through all layers: `[sequence, token, token]`.

    Each layer mixes the mean of its heads and, for the residual connection, the identity by halves.
    Source: Abnar, Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, section 3.

    Args:
      maps: maps of self-attention layers that follow each other.

    Raises:
      ValueError: there is none, or one is not of self-attention.
    """
    if not maps or not all(found.is_self for found in maps):
        raise ValueError(
            f"Rollout takes layers of self-attention. Received: {[found.layer for found in maps] or 'none'}"
        )
    total = np.eye(maps[0].weights.shape[-1])
    for found in maps:
        mixed = 0.5 * found.weights.mean(axis=1) + 0.5 * np.eye(found.weights.shape[-1])
        total = mixed @ total
    return total
