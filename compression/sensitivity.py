"""How much of the metric each layer costs when it alone is compressed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

from compression.changes.kernels import kernel_layers
from compression.changes.masks import masks
from compression.evaluation import confidence_interval
from compression.layer_patterns import match_paths
from compression.recipe import PruningOptions


@dataclass(frozen=True)
class Change:
    """What is done to one kernel: a share of its weights, the smallest, set to zero, or all rounded to few bits."""

    kind: Literal["sparsity", "bits"]
    value: float

    def __str__(self) -> str:
        return f"{self.value * 100:g} % zero" if self.kind == "sparsity" else f"{self.value:g} bits"


@dataclass(frozen=True, kw_only=True)
class LayerDrop:
    """What a change of one layer's kernel alone does to the metric.

    Attributes:
      layer: its path.
      weights: of its kernel.
      change: what was done.
      drop: of the metric, whichever way is worse; negative for a gain.
      low: of the drop's 95 % confidence interval, over the same examples with and without the change.
      high: the same.
    """

    layer: str
    weights: int
    change: Change
    drop: float
    low: float
    high: float


def layer_drops(
    model: keras.Model,
    judge: Callable[[], np.ndarray],
    changes: Sequence[Change],
    *,
    higher_is_better: bool = True,
    layers: Sequence[str] = (),
) -> Iterator[LayerDrop]:
    """Changes one kernel after the other, all others as they are, and yields what each change costs.

    Source: Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015, section 5,
    figure 6; no layer is trained again.

    Args:
      model: trained; its weights are what they were after each value that is yielded.
      judge: the metric of the model as it stands, `[example]`, on the same examples each time.
      changes: to make of each kernel.
      higher_is_better: of the metric.
      layers: patterns of the paths of layers; empty for all with a kernel.

    Raises:
      LayerPatternError: a pattern fits no layer.
    """
    candidates = kernel_layers(model)
    chosen = match_paths(candidates, layers or ("*",), option="--layer", what="a layer with a kernel")
    before = judge()
    for path in filter(chosen.__contains__, candidates):
        kernel, axes = candidates[path].kernel, _channel_axes(candidates[path])
        values = kernel.numpy()
        for change in changes:
            kernel.assign(apply_change(values, change, channel_axes=axes))
            try:
                lost = (before - judge()) * (1 if higher_is_better else -1)
            finally:
                kernel.assign(values)
            low, high = confidence_interval(lost) if lost.any() else (0.0, 0.0)
            yield LayerDrop(layer=path, weights=values.size, change=change, drop=float(lost.mean()), low=low, high=high)


def apply_change(kernel: np.ndarray, change: Change, *, channel_axes: Sequence[int] = ()) -> np.ndarray:
    """A kernel, `[..., outputs]`, pruned by magnitude or rounded to the steps of a symmetric quantization.

    Args:
      kernel: what to change.
      change: how.
      channel_axes: along which channels have steps of their own; none for one step all over the kernel.
    """
    if change.kind == "sparsity":
        options = PruningOptions(sparsity=change.value, scope="layer")
        return kernel * masks({"": kernel}, options, change.value)[""]
    steps = 2 ** (int(change.value) - 1) - 1
    within = tuple(axis for axis in range(kernel.ndim) if axis not in {each % kernel.ndim for each in channel_axes})
    largest = np.max(np.abs(kernel), axis=within, keepdims=True)
    scale = np.where(largest == 0, 1, largest) / steps
    return (np.rint(kernel / scale) * scale).astype(kernel.dtype)


def suggest_exclude(drops: Sequence[LayerDrop], max_drop: float) -> dict[Change, list[str]]:
    """For each change the layers that cost more than `max_drop` by it alone; without changes that no layer minds."""
    found: dict[Change, list[str]] = {}
    for each in drops:
        if each.drop > max_drop:
            found.setdefault(each.change, []).append(each.layer)
    return found


def _channel_axes(layer: keras.Layer) -> tuple[int, ...]:
    """Where TFLite's converter gives each channel steps of its own: in convolutions, not in dense layers."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return (-2, -1)
    return () if isinstance(layer, keras.layers.Dense) else (-1,)
