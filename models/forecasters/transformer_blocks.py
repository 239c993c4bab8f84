"""Blocks of transformers for series: pre-norm, with recomputation and chunked attention by option."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import keras

from models.forecasters.forecaster import reuse_layer
from models.layers.attention import Attention
from models.layers.feed_forward import FeedForward
from models.layers.positions import PositionEmbedding, SinusoidalPositions

Positions: TypeAlias = Literal["sinusoidal", "learned", "rotary"]


@dataclass(frozen=True, kw_only=True)
class BlockStyle:
    """Style of all blocks of a network.

    Attributes:
      heads: number of attention heads.
      hidden: units of the perceptron.
      dropout: rate of each branch.
      positions: how tokens know where they stand.
      chunk: keys at a time; None takes all at once.
      is_recomputed: whether the backward pass computes branches anew instead of keeping what is inside them.
    """

    heads: int
    hidden: int
    dropout: float = 0.0
    positions: Positions = "rotary"
    chunk: int | None = None
    is_recomputed: bool = False


def positions(style: BlockStyle, *, name: str, start: int = 0) -> keras.layers.Layer:
    """The layer that adds positions to `[batch, token, dim]`; rotary ones attention brings itself, so that it adds
    nothing.

    Args:
      style: style of the blocks.
      name: name of the layer.
      start: position of the first token.
    """
    if style.positions == "learned":
        return PositionEmbedding(name=name)
    if style.positions == "sinusoidal":
        return SinusoidalPositions(start=start, name=name)
    return keras.layers.Identity(name=name)


class Block:
    """The layers of one block: self-attention, for a decoder also attention over a memory, and a perceptron, each after
    a normalization and added to what it took.

    Source: Vaswani et al., NeurIPS 2017, section 3.1, with the normalization before (Xiong et al., ICML 2020). Dropout
    is on the branches alone: inside them, recomputation would draw it twice.
    """

    def __init__(
        self,
        style: BlockStyle,
        *,
        name: str,
        is_decoder: bool = False,
        start: int = 0,
        sharing: keras.Model | None = None,
    ) -> None:
        """Args:
        style: shared.
        name: prefix of the layers' names.
        is_decoder: whether it is causal, and attends to a memory.
        start: position of the first token.
        sharing: a model whose layers of the same names are taken over.
        """
        common: dict[str, Any] = {
            "heads": style.heads,
            "is_rotary": style.positions == "rotary",
            "query_start": start,
            "chunk": style.chunk,
            "is_recomputed": style.is_recomputed,
        }
        branches: dict[str, keras.layers.Layer] = {
            "self_attention": Attention(**common, is_causal=is_decoder, name=f"{name}_self_attention")
        }
        if is_decoder:
            branches["cross_attention"] = Attention(**common, name=f"{name}_cross_attention")
        branches["feed_forward"] = FeedForward(
            hidden=style.hidden, is_recomputed=style.is_recomputed, name=f"{name}_feed_forward"
        )
        self.branches = {
            key: (
                reuse_layer(keras.layers.LayerNormalization(epsilon=1e-6, name=f"{name}_{key}_norm"), sharing),
                reuse_layer(branch, sharing),
                reuse_layer(keras.layers.Dropout(style.dropout, name=f"{name}_{key}_dropout"), sharing),
            )
            for key, branch in branches.items()
        }

    def __call__(self, x: keras.KerasTensor, memory: keras.KerasTensor | None = None) -> keras.KerasTensor:
        """`x`: `[batch, token, dim]`; `memory`: `[batch, key, dim]` of a decoder. Gives the shape of x."""
        for key, (norm, branch, dropout) in self.branches.items():
            normalized = norm(x)
            y = branch(normalized, memory) if key == "cross_attention" else branch(normalized)
            x = x + dropout(y)
        return x
