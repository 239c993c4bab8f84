"""Cost and view of a network, by counting: parameters, operations, receptive field."""

import math
from dataclasses import dataclass
from typing import Any

import keras

from models.graph.layer_graph import LayerGraph
from models.layers.attention import Attention
from models.layers.feed_forward import FeedForward


@dataclass(frozen=True)
class LayerProfile:
    """Counts of one layer.

    Attributes:
      name: name of the layer.
      scope: the outermost scope that it was made in, such as `stage_0`; empty outside of any.
      kind: its class.
      window: what it slides over the image, such as `3×3 /2`; empty where it slides none.
      inputs: names of the layers that it takes.
      output_shape: without the batch.
      parameters: trained ones and others.
      flops: floating-point operations for one example; see `profile`.
      receptive_field: pixels of the image's height that one output sees; None: all of them.
    """

    name: str
    scope: str
    kind: str
    window: str
    inputs: tuple[str, ...]
    output_shape: tuple[int, ...]
    parameters: int
    flops: int
    receptive_field: int | None


@dataclass(frozen=True)
class ModelProfile:
    """All layers in the order of computation, and their sums.

    Attributes:
      uncounted: names of layers with a kernel whose operations nothing here knows how to count.
    """

    layers: tuple[LayerProfile, ...]
    uncounted: tuple[str, ...]

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def flops(self) -> int:
        return sum(layer.flops for layer in self.layers)

    @property
    def receptive_field(self) -> int | None:
        """The largest receptive field of a layer that does not see the whole image; None where there is none."""
        sizes = [layer.receptive_field for layer in self.layers if layer.receptive_field is not None]
        return max(sizes, default=None)


def profile(model: keras.Model) -> ModelProfile:
    """Counts a functional model layer by layer; of a forecaster that takes each channel by itself, for one channel.

    Operations are those of kernels and of attention, for one example, a multiplication with its addition counted as
    two; what normalizations, activations and additions take beside them is left out, as in the papers. The receptive
    field is that of Araujo, Norris, Sim, "Computing Receptive Fields of CNNs", Distill 2019, equation 2, along the
    longest path; a squeeze-and-excitation gate sees the whole image, and is passed over where it meets a branch that
    does not.

    Raises:
      ValueError: the model is not functional.
    """
    graph = LayerGraph(model)
    fields: dict[str, tuple[int, int] | None] = {}
    layers, uncounted = [], []
    for name, layer in graph.layers.items():
        # A layer that is called again later, such as a scaling and its inverse, takes what is not reached yet.
        sources = [fields[source] for source in graph.inputs[name] if source in fields]
        fields[name] = _receptive_field(layer, sources)
        flops = _flops(layer)
        if flops is None:
            uncounted.append(name)
        layers.append(
            LayerProfile(
                name=name,
                scope=(getattr(layer, "path", None) or "").rpartition("/")[0].partition("/")[0],
                kind=type(layer).__name__,
                window=_window_text(layer),
                inputs=graph.inputs[name],
                output_shape=_shape(layer.output),
                parameters=layer.count_params() if isinstance(layer, keras.Layer) else 0,
                flops=(flops or 0) * graph.calls[name],
                receptive_field=field[0] if (field := fields[name]) else None,
            )
        )
    return ModelProfile(layers=tuple(layers), uncounted=tuple(uncounted))


def _flops(layer: keras.Layer) -> int | None:
    """Operations of one call; None where the layer has a kernel of an unknown kind."""
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return _attention_flops(layer)
    if isinstance(layer, Attention):
        queries, dim = _shape(layer.output)
        keys = _shape(keras.tree.flatten(layer.input)[-1])[0]
        return 2 * (2 * queries * dim * dim + 2 * keys * dim * dim + 2 * queries * keys * dim)
    if isinstance(layer, FeedForward):
        return 2 * 2 * math.prod(_shape(layer.output)) * layer.hidden
    if not hasattr(layer, "kernel"):
        return 0
    outputs = math.prod(_shape(layer.output))
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return 2 * outputs * math.prod(layer.kernel_size)
    if isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D):
        # `[height, width, input channel of a group, output channel]`, or without the width.
        return 2 * outputs * math.prod(layer.kernel.shape[:-1])
    if isinstance(layer, keras.layers.Dense):
        return 2 * outputs * int(layer.kernel.shape[0])
    return None


def _attention_flops(layer: keras.layers.MultiHeadAttention) -> int:
    """Self-attention: three projections, scores, weighted values, and the projection back."""
    tokens, dim = _shape(layer.output)
    inner = layer.num_heads * layer.key_dim
    return 2 * (4 * tokens * dim * inner + 2 * tokens * tokens * inner)


def _receptive_field(layer: keras.Layer, sources: list[tuple[int, int] | None]) -> tuple[int, int] | None:
    """Pixels seen, and pixels between neighbouring outputs, along the height."""
    if not sources:
        return 1, 1
    known = [source for source in sources if source is not None]
    if not known or _sees_all(layer):
        return None
    size, jump = max(known)
    window = _window(layer)
    if window is None:
        return size, jump
    dilation = getattr(layer, "dilation_rate", (1, 1))[0]
    return size + (window[0] - 1) * dilation * jump, jump * layer.strides[0]


def _window(layer: keras.Layer) -> tuple[int, ...] | None:
    """Sizes of the window that a layer slides: (height, width) over an image, (rows,) over a series."""
    return getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)


def _window_text(layer: keras.Layer) -> str:
    window = _window(layer)
    if window is None:
        return ""
    stride, dilation = layer.strides[0], getattr(layer, "dilation_rate", (1, 1))[0]
    spread = f" dilated {dilation}" if dilation > 1 else ""
    size = "×".join(map(str, window))
    return f"{size}{f' /{stride}' if stride > 1 else ''}{spread}"


def _sees_all(layer: keras.Layer) -> bool:
    """Whether each output depends on all places."""
    whole = (
        keras.layers.GlobalAveragePooling2D,
        keras.layers.GlobalMaxPooling2D,
        keras.layers.GlobalAveragePooling1D,
        keras.layers.MultiHeadAttention,
        keras.layers.Flatten,
        keras.layers.RNN,
        Attention,
    )
    return isinstance(layer, whole)


def _shape(output: Any) -> tuple[int, ...]:
    first = keras.tree.flatten(output)[0]
    return tuple(int(size) for size in first.shape[1:])
