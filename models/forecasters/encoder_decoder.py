"""A transformer that encodes patches of the past and decodes patches of the future."""

from typing import Literal

import keras
from keras import ops

from models.forecasters.forecaster import ForecastShape, Normalization, Seen, by_channel, forecaster, reuse_layer
from models.forecasters.rows import check_decoded_patches
from models.forecasters.scheduled_sampling import ByPhase, ScheduledSampling
from models.forecasters.transformer_blocks import Block, BlockStyle, positions


def encoder_decoder(
    shape: ForecastShape,
    *,
    style: BlockStyle,
    patch: int = 24,
    dim: int = 32,
    encoder_depth: int = 2,
    decoder_depth: int = 1,
    decoding: Literal["one_shot", "autoregressive"] = "one_shot",
    is_channel_independent: bool = True,
    normalization: Normalization = "instance",
    sharing: keras.Model | None = None,
    sampling: ScheduledSampling | None = None,
) -> keras.Model:
    """An encoder, and a causal decoder that attends to what the encoder made of the past.

    The decoder's tokens begin with the end of the past, half of the look-back before its last patch, as the start token
    of Zhou et al., "Informer", AAAI 2021, section 3.3: equal tokens alone would leave self-attention nothing to tell
    apart. One-shot, every token to come is given the last patch of the past, in place of the paper's zeros, and all are
    decoded at once. Autoregressive, each is given the forecast (the middle quantile) of the patch before it.

    Args:
      shape: sizes of the problem.
      style: style of the blocks.
      patch: rows of a token; the horizon is a multiple.
      dim: size of a token.
      encoder_depth: number of blocks of the encoder.
      decoder_depth: number of blocks of the decoder.
      decoding: whether the whole horizon is decoded at once, or patch by patch.
      is_channel_independent: whether each channel is a series of its own, the weights shared.
      normalization: see `models.forecasters.forecaster.forecaster`.
      sharing: an autoregressive model of this function: the result shares its layers, takes the future as one more
        input and is taught by it in training; in evaluation it does without.
      sampling: what then mixes the future with the decoder's own forecasts.

    Raises:
      ValueError: the horizon is no multiple of patch, or the look-back is shorter than two.
    """
    check_decoded_patches(patch, lookback=shape.lookback, horizon=shape.horizon)

    def network(seen: Seen) -> keras.KerasTensor:
        patches = _Patches(shape, patch, is_channel_independent)
        tokens = _embed_past(seen, patches, dim=dim, sharing=sharing)
        tokens = reuse_layer(positions(style, name="positions"), sharing)(tokens)
        for number in range(encoder_depth):
            tokens = Block(style, name=f"encoder_{number}", sharing=sharing)(tokens)
        memory = reuse_layer(keras.layers.LayerNormalization(epsilon=1e-6, name="memory"), sharing)(tokens)
        # Each of the decoder's tokens stands where the patch does that it is to tell: one after its own.
        start = memory.shape[1] - patches.start_count
        decode = _Decoder(patches, style, dim=dim, depth=decoder_depth, start=start, sharing=sharing)
        decode.remember(memory, patches.start(seen.history), patches.decoded_calendar(seen.calendar))
        last = patches.last(seen.history)
        if seen.future is not None:
            truth = ops.concatenate([last, patches.cut(seen.future)[:, :-1]], axis=1)
            if sampling is not None:
                own = patches.middle(decode(truth))
                truth = sampling(truth, ops.concatenate([last, own[:, :-1]], axis=1))
            y = ByPhase(name="by_phase")(decode(truth), _one_by_one(decode, patches, last))
        elif decoding == "one_shot":
            y = decode(ops.repeat(last, patches.count, axis=1))
        else:
            y = _one_by_one(decode, patches, last)
        return patches.join(y)

    return forecaster(shape, network, normalization=normalization, name="encoder_decoder", sharing=sharing)


def _embed_past(seen: Seen, patches: "_Patches", *, dim: int, sharing: keras.Model | None) -> keras.KerasTensor:
    """The past as tokens `[sequence, token, dim]`, with the calendar of each if there is one."""
    x, size = seen.history, patches.size
    surplus = x.shape[1] % size
    layer = keras.layers.Conv1D(dim, size, strides=size, name="patches")
    series = ops.expand_dims(by_channel(x), -1) if patches.is_independent else x
    tokens = reuse_layer(layer, sharing)(series[:, surplus:])
    if seen.calendar is not None:
        when = patches.calendar_of(seen.calendar[:, surplus : x.shape[1]])
        tokens = tokens + reuse_layer(keras.layers.Dense(dim, name="encoder_calendar"), sharing)(when)
    return tokens


def _one_by_one(decode: "_Decoder", patches: "_Patches", last: keras.KerasTensor) -> keras.KerasTensor:
    """Decodes as often as there are patches. Tokens to come are zeros: no earlier one sees them, and the sequence keeps
    one length, which TFLite's delegates ask for."""
    tokens, decoded = [last], []
    for place in range(patches.count):
        rest = [ops.zeros_like(last)] * (patches.count - place - 1)
        y = decode(ops.concatenate([*tokens, *rest], axis=1))[:, place : place + 1]
        decoded.append(y)
        tokens.append(patches.middle(y))
    return ops.concatenate(decoded, axis=1)


class _Patches:
    """Converts rows to patches and back. A sequence is a window or, with channel independence, one of its channels."""

    def __init__(self, shape: ForecastShape, size: int, is_independent: bool) -> None:
        self.shape, self.size, self.is_independent = shape, size, is_independent
        self.count = shape.horizon // size
        self.start_count = shape.lookback // size // 2
        self.width = size * (1 if is_independent else shape.channels)

    def cut(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Cuts `[batch, time, channel]` into patches `[sequence, token, width]`."""
        series = by_channel(x) if self.is_independent else x
        return ops.reshape(series, (-1, x.shape[1] // self.size, self.width))

    def start(self, history: keras.KerasTensor) -> keras.KerasTensor:
        """The patches that the decoder is given before the last: `[sequence, start token, width]`."""
        end = self.shape.lookback - self.size
        return self.cut(history[:, end - self.start_count * self.size : end])

    def last(self, history: keras.KerasTensor) -> keras.KerasTensor:
        """The last patch of the past, `[sequence, 1, width]`."""
        return self.cut(history[:, -self.size :])

    def middle(self, y: keras.KerasTensor) -> keras.KerasTensor:
        """The middle quantile of `[sequence, token, width · quantile]`, as tokens."""
        split = ops.reshape(y, (-1, y.shape[1], self.width, self.shape.quantiles))
        return split[..., self.shape.quantiles // 2]

    def join(self, y: keras.KerasTensor) -> keras.KerasTensor:
        """Joins patches `[sequence, token, width · quantile]` to `[batch, horizon, channel, quantile]`."""
        shape = self.shape
        if not self.is_independent:
            return ops.reshape(y, (-1, shape.horizon, shape.channels, shape.quantiles))
        split = ops.reshape(y, (-1, shape.channels, shape.horizon, shape.quantiles))
        return ops.transpose(split, (0, 2, 1, 3))

    def decoded_calendar(self, calendar: keras.KerasTensor | None) -> keras.KerasTensor | None:
        """The calendar of the patches after the decoder's tokens, `[sequence, token, size · feature]`."""
        first = self.shape.lookback - self.start_count * self.size
        return None if calendar is None else self.calendar_of(calendar[:, first:])

    def calendar_of(self, calendar: keras.KerasTensor) -> keras.KerasTensor:
        """Cuts a calendar `[batch, time, feature]` into patches `[sequence, token, size · feature]`."""
        when = ops.reshape(calendar, (-1, calendar.shape[1] // self.size, self.size * self.shape.calendar))
        return ops.repeat(when, self.shape.channels, axis=0) if self.is_independent else when


class _Decoder:
    """The decoder's layers, which may be called several times."""

    def __init__(
        self, patches: _Patches, style: BlockStyle, *, dim: int, depth: int, start: int, sharing: keras.Model | None
    ) -> None:
        self._embed = reuse_layer(keras.layers.Dense(dim, name="decoder_patches"), sharing)
        self._positions = reuse_layer(positions(style, name="decoder_positions", start=start), sharing)
        self._blocks = [
            Block(style, name=f"decoder_{number}", is_decoder=True, start=start, sharing=sharing)
            for number in range(depth)
        ]
        self._norm = reuse_layer(keras.layers.LayerNormalization(epsilon=1e-6, name="decoded"), sharing)
        outputs = patches.width * patches.shape.quantiles
        self._head = reuse_layer(keras.layers.Dense(outputs, name="head"), sharing)
        self._calendar = None
        if patches.shape.calendar:
            self._calendar = reuse_layer(keras.layers.Dense(dim, name="decoder_calendar"), sharing)

    def remember(self, memory: keras.KerasTensor, start: keras.KerasTensor, when: keras.KerasTensor | None) -> None:
        """`memory`: `[sequence, key, dim]`; `start`: `[sequence, start token, width]`, which stands before what is
        decoded; `when`: the calendar of both."""
        self._memory, self._start, self._when = memory, start, when

    def __call__(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
        """Maps `[sequence, token, width]` to `[sequence, token, width · quantile]`."""
        x = self._embed(ops.concatenate([self._start, tokens], axis=1))
        if self._calendar is not None:
            x = x + self._calendar(self._when)
        x = self._positions(x)
        for block in self._blocks:
            x = block(x, self._memory)
        return self._head(self._norm(x[:, self._start.shape[1] :]))
