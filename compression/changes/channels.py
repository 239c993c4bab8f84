"""Which channels of a network stand or fall together."""

from collections.abc import Iterable

import keras
import numpy as np

from models.graph.layer_graph import LayerGraph
from models.layers.channel_scale import ChannelScale

# Their outputs are channels of their own making.
PRODUCERS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Dense)
# They have weights for each channel, and pass channels on.
PER_CHANNEL = (keras.layers.BatchNormalization, keras.layers.DepthwiseConv2D, ChannelScale)
_PASSING = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.ZeroPadding2D,
    keras.layers.AveragePooling2D,
    keras.layers.MaxPooling2D,
    keras.layers.UpSampling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
)
# Channel meets channel.
_JOINING = (keras.layers.Add, keras.layers.Subtract, keras.layers.Multiply, keras.layers.Average, keras.layers.Maximum)


class Channels:
    """Follows each channel of a functional model from where it is made to where it is read.

    A channel has a number. Where channels are added to or multiplied with each other, as at the end of a residual block
    or at a gate, they become one and have the same number. What enters a layer that is not known here, or leaves the
    model, is fixed: it cannot be taken out.

    Attributes:
      graph: of the layers.
      outputs: numbers of the channels that a layer gives, `[channel]`, by name.
    """

    def __init__(self, model: keras.Model) -> None:
        """Raises ValueError for a model that is not functional."""
        self.graph = LayerGraph(model)
        self.outputs: dict[str, np.ndarray] = {}
        self._root: list[int] = []
        self._fixed: set[int] = set()
        for name, layer in self.graph.layers.items():
            self.outputs[name] = self._follow(name, layer)
        for tensor in keras.tree.flatten(model.outputs):
            self.fix(self.outputs[tensor._keras_history.operation.name])
        self.outputs = {name: self._roots(numbers) for name, numbers in self.outputs.items()}
        self._fixed = {self._find(number) for number in self._fixed}

    def read_by(self, name: str) -> np.ndarray:
        """Numbers of the channels that a layer with one input takes, `[channel]`."""
        return self.outputs[self.graph.inputs[name][0]]

    def fix(self, numbers: Iterable[int]) -> None:
        """Says that these channels have to stay."""
        self._fixed |= {int(number) for number in numbers}

    def groups(self) -> list[np.ndarray]:
        """Numbers of channels that do the same job, one of which may be left out for another: those that are made by
        the same layers. Without fixed ones."""
        makers: dict[int, list[str]] = {}
        for name, layer in self.graph.layers.items():
            if isinstance(layer, PRODUCERS):
                for number in np.unique(self.outputs[name]):
                    makers.setdefault(int(number), []).append(name)
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, names in makers.items():
            if number not in self._fixed:
                groups.setdefault(tuple(names), []).append(number)
        return [np.array(numbers) for numbers in groups.values()]

    def _follow(self, name: str, layer: keras.Layer) -> np.ndarray:
        sources = [self.outputs[source] for source in self.graph.inputs[name]]
        is_called_once = self.graph.calls[name] == 1
        if is_called_once and isinstance(layer, PRODUCERS):
            return self._new(layer.output.shape[-1])
        if is_called_once and len(sources) == 1 and _passes(layer):
            return sources[0]
        if is_called_once and isinstance(layer, keras.layers.Flatten):
            return np.tile(sources[0], int(np.prod(layer.input.shape[1:-1])))
        if is_called_once and isinstance(layer, _JOINING) and len({len(numbers) for numbers in sources}) == 1:
            for other in sources[1:]:
                for one, two in zip(sources[0], other, strict=True):
                    self._root[self._find(int(one))] = self._find(int(two))
            return sources[0]
        if is_called_once and isinstance(layer, keras.layers.Concatenate) and _is_last_axis(layer):
            return np.concatenate(sources)
        for numbers in sources:
            self.fix(numbers)
        # An input is called by nobody.
        is_one_tensor = self.graph.calls[name] <= 1 and isinstance(layer.output, keras.KerasTensor)
        fixed = self._new((layer.output.shape[-1] or 1) if is_one_tensor and len(layer.output.shape) > 1 else 1)
        self.fix(fixed)
        return fixed

    def _new(self, count: int) -> np.ndarray:
        numbers = np.arange(len(self._root), len(self._root) + count)
        self._root += numbers.tolist()
        return numbers

    def _find(self, number: int) -> int:
        while self._root[number] != number:
            number = self._root[number]
        return number

    def _roots(self, numbers: np.ndarray) -> np.ndarray:
        return np.array([self._find(int(number)) for number in numbers], int)


def _passes(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return layer.depth_multiplier == 1
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer.axis in (-1, len(layer.output.shape) - 1)
    return isinstance(layer, (*PER_CHANNEL, *_PASSING))


def _is_last_axis(layer: keras.layers.Concatenate) -> bool:
    return layer.axis in (-1, len(layer.output.shape) - 1)
