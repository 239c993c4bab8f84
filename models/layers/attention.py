"""Multi-head attention: plain, in chunks that never hold all scores, and recomputed in the backward pass."""

import functools
from typing import Any

import keras
from keras import ops

from models.layers.positions import rotate

# Below every score, and within the range of float16.
MASKED = -3e4


def attention_weights(query: Any, key: Any, *, is_causal: bool = False) -> Any:
    """softmax(QKᵀ / √dim) of `[batch, head, query, dim]` and `[batch, head, key, dim]`: `[batch, head, query, key]`.

    Source: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, equation 1; with `is_causal` a query sees no key
    that stands after it.
    """
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / query.shape[-1] ** 0.5
    if is_causal:
        scores = ops.where(_visible(query.shape[-2], 0, key.shape[-2]), scores, ops.cast(MASKED, scores.dtype))
    return ops.softmax(scores, axis=-1)


def attend(query: Any, key: Any, value: Any, *, is_causal: bool = False) -> Any:
    """The values weighted by the attention of each query, `[batch, head, query, dim]`."""
    return ops.matmul(attention_weights(query, key, is_causal=is_causal), value)


def attend_in_chunks(query: Any, key: Any, value: Any, *, chunk: int, is_causal: bool = False) -> Any:
    """The same as `attend`, holding the scores of `chunk` keys at a time: memory grows with the length, not its square.

    Keys and values are gone through once, with the running maximum and sum of the softmax; in the backward pass the
    scores of a chunk are computed anew.
    Source: Rabe, Staats, "Self-attention Does Not Need O(n²) Memory", 2021, section 3.

    Args:
      query: `[batch, head, query, dim]`.
      key: `[batch, head, key, dim]`.
      value: values, of the shape of `key`.
      chunk: keys at a time; the last chunk may be filled up.
      is_causal: see `attention_weights`.
    """
    keys = key.shape[-2]
    count = -(-keys // chunk)
    query = query / query.shape[-1] ** 0.5
    padding = [[0, 0], [0, 0], [0, count * chunk - keys], [0, 0]]
    key, value = ops.pad(key, padding), ops.pad(value, padding)

    def step(query: Any, key: Any, value: Any, start: Any, highest: Any, total: Any, summed: Any) -> Any:
        scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
        visible = ops.expand_dims(start + ops.arange(chunk, dtype="float32") < keys, 0)
        if is_causal:
            visible = ops.logical_and(visible, _visible(query.shape[-2], start, chunk))
        scores = ops.where(visible, scores, ops.cast(MASKED, scores.dtype))
        above = ops.maximum(highest, ops.max(scores, axis=-1, keepdims=True))
        weights = ops.exp(scores - above)
        shrink = ops.exp(highest - above)
        return (
            above,
            total * shrink + ops.sum(weights, axis=-1, keepdims=True),
            summed * shrink + ops.matmul(weights, value),
        )

    step = keras.remat(step)
    shape = ops.shape(query)

    def body(index: Any, highest: Any, total: Any, summed: Any) -> Any:
        start = index * chunk
        place = (0, 0, start, 0)
        part = (shape[0], shape[1], chunk, key.shape[-1])
        key_part, value_part = ops.slice(key, place, part), ops.slice(value, place, part)
        # As a float: the tape of the recomputation takes no other.
        return index + 1, *step(query, key_part, value_part, ops.cast(start, "float32"), highest, total, summed)

    per_query = ops.zeros_like(query[..., :1])
    _, _, total, summed = ops.while_loop(
        lambda index, *_: index < count,
        body,
        (0, per_query + MASKED, per_query, ops.zeros_like(query)),
        maximum_iterations=count,
    )
    return summed / total


def _visible(queries: int, first_key: Any, keys: int) -> Any:
    """Whether each key stands no later than each query, `[query, key]`."""
    positions = [ops.arange(count, dtype="float32") for count in (queries, keys)]
    return ops.expand_dims(positions[0], 1) >= first_key + ops.expand_dims(positions[1], 0)


@keras.saving.register_keras_serializable(package="slipway")
class Attention(keras.layers.Layer):
    """Multi-head attention over one sequence, or of one over another."""

    def __init__(
        self,
        *,
        heads: int,
        is_causal: bool = False,
        is_rotary: bool = False,
        query_start: int = 0,
        chunk: int | None = None,
        is_recomputed: bool = False,
        **kwargs: Any,
    ) -> None:
        """Args:
        heads: number of them; the width is a multiple.
        is_causal: whether a token sees none after it.
        is_rotary: whether queries and keys are rotated by their positions.
        query_start: position of the first query; keys begin at 0, or in self-attention where the queries do.
        chunk: keys at a time, see `attend_in_chunks`; None takes all at once.
        is_recomputed: whether the backward pass computes everything in here anew instead of keeping it.
        """
        super().__init__(**kwargs)
        self.heads = heads
        self.is_causal = is_causal
        self.is_rotary = is_rotary
        self.query_start = query_start
        self.chunk = chunk
        self.is_recomputed = is_recomputed

    def build(self, query_shape: tuple[int | None, ...], context_shape: tuple[int | None, ...] | None = None) -> None:
        dim = query_shape[-1]
        if dim is None or dim % self.heads:
            raise ValueError(f"The width must be a multiple of heads. Received: {dim}, heads={self.heads}")
        for name, shape in (
            ("query", query_shape),
            ("key", context_shape or query_shape),
            ("value", context_shape or query_shape),
            ("out", query_shape),
        ):
            layer = keras.layers.Dense(dim, dtype=self.dtype_policy, name=name)
            layer.build((None, None, shape[-1]))
            setattr(self, f"_{name}", layer)

    def call(self, query: Any, context: Any = None) -> Any:
        """`query`: `[batch, query, dim]`; `context`: `[batch, key, dim]`, default the queries. Gives `[batch, query,
        dim]`."""
        # Bound here: what is recomputed gets copies of both, of which none is the other.
        attend_to = functools.partial(self._attend, is_self=context is None)
        run = keras.remat(attend_to) if self.is_recomputed else attend_to
        return run(query, query if context is None else context)

    def weights_of(self, query: Any, context: Any = None) -> Any:
        """The weight of each key for each query, `[batch, head, query, key]`; those of a query sum to 1."""
        queries, keys, _ = self._heads(query, query if context is None else context, is_self=context is None)
        return attention_weights(queries, keys, is_causal=self.is_causal)

    def _attend(self, query: Any, context: Any, *, is_self: bool) -> Any:
        queries, keys, values = self._heads(query, context, is_self=is_self)
        if self.chunk is None:
            attended = attend(queries, keys, values, is_causal=self.is_causal)
        else:
            attended = attend_in_chunks(queries, keys, values, chunk=self.chunk, is_causal=self.is_causal)
        joined = ops.reshape(ops.transpose(attended, (0, 2, 1, 3)), (-1, query.shape[1], query.shape[2]))
        return self._out(joined)

    def _heads(self, query: Any, context: Any, *, is_self: bool) -> tuple[Any, Any, Any]:
        queries, keys = self._split(self._query(query)), self._split(self._key(context))
        if self.is_rotary:
            queries = rotate(queries, start=self.query_start)
            keys = rotate(keys, start=self.query_start if is_self else 0)
        return queries, keys, self._split(self._value(context))

    def _split(self, x: Any) -> Any:
        """Splits `[batch, token, dim]` into heads, `[batch, head, token, dim / head]`."""
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.heads, x.shape[2] // self.heads)), (0, 2, 1, 3))

    def compute_output_shape(
        self, query_shape: tuple[int | None, ...], context_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        return query_shape

    def get_config(self) -> dict[str, Any]:
        own = ("heads", "is_causal", "is_rotary", "query_start", "chunk", "is_recomputed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
