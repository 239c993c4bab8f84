"""A network in the operations that integer inference knows, so that each result has a range of its own."""

from typing import Any

import keras
import numpy as np

from models.graph.folding import affine, fold
from models.graph.layer_graph import LayerGraph
from models.layers.channel_scale import ChannelScale

# Computed inside the kernel of the layer before.
FUSED = ("relu", "relu6")
_KERNELS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def quantizable(model: keras.Model) -> keras.Model:
    """A copy for inference, equal but for rounding: normalizations are folded into the kernels before them, or else
    become depthwise convolutions; activations are layers of their own, composed ones in their parts.

    Args:
      model: functional; it is left as it is.

    Raises:
      ValueError: the model is not functional.
    """
    folded = fold(model)
    graph = LayerGraph(folded)

    def clone(layer: keras.Layer) -> keras.Layer:
        # Fake quantization is computed in float32.
        config = {**layer.get_config(), "dtype": "float32"}
        if _has_inner_activation(layer):
            config["activation"] = "linear"
        if _is_scale(layer):
            return keras.layers.DepthwiseConv2D(1, name=layer.name, dtype="float32")
        return type(layer).from_config(config)

    def call(layer: keras.Layer, *arguments: Any, **options: Any) -> Any:
        original = graph.layers[layer.name]
        if isinstance(original, keras.layers.Activation) and original.activation in _PARTS:
            return _PARTS[original.activation](*arguments, name=layer.name)
        # A normalization is called with a mask, which a convolution does not take.
        outputs = layer(*arguments) if _is_scale(original) else layer(*arguments, **options)
        if not _has_inner_activation(original):
            return outputs
        name = f"{layer.name}_activation"
        parts = _PARTS.get(original.activation)
        if parts is not None:
            return parts(outputs, name=name)
        return keras.layers.Activation(original.activation, name=name)(outputs)

    copy = keras.models.clone_model(folded, clone_function=clone, call_function=call)
    for layer in filter(lambda layer: layer.weights, copy.layers):
        original = graph.layers[layer.name]
        layer.set_weights(_as_depthwise(original) if _is_scale(original) else original.get_weights())
    return copy


def _has_inner_activation(layer: keras.Layer) -> bool:
    return isinstance(layer, _KERNELS) and layer.activation is not keras.activations.linear


def _is_scale(layer: keras.Layer) -> bool:
    is_scale = isinstance(layer, keras.layers.BatchNormalization | ChannelScale)
    return is_scale and len(layer.output.shape) == 4


def _as_depthwise(layer: keras.Layer) -> list[np.ndarray]:
    factor, offset = affine(layer)
    return [factor.reshape(1, 1, -1, 1).astype(np.float32), np.broadcast_to(offset, factor.shape).astype(np.float32)]


# Layers get names of their own: the numbers that Keras counts up may be those of layers of a model that was loaded.


def _silu(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    gate = keras.layers.Activation("sigmoid", name=f"{name}_sigmoid")(x)
    return keras.layers.Multiply(name=name)([x, gate])


def _hard_sigmoid(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    shifted = keras.layers.Rescaling(1.0, offset=3.0, name=f"{name}_shifted")(x)
    clipped = keras.layers.Activation("relu6", name=f"{name}_clipped")(shifted)
    return keras.layers.Rescaling(1 / 6, name=name)(clipped)


def _hard_silu(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    return keras.layers.Multiply(name=name)([x, _hard_sigmoid(x, name=f"{name}_gate")])


_PARTS = {
    keras.activations.silu: _silu,
    keras.activations.hard_sigmoid: _hard_sigmoid,
    keras.activations.hard_silu: _hard_silu,
}
