"""Folding: normalizations and scales multiplied into the kernels before them, once, instead of in every inference."""

from typing import Any

import keras
import numpy as np

from models.graph.layer_graph import LayerGraph
from models.layers.channel_scale import ChannelScale

_KERNELS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def fold(model: keras.Model) -> keras.Model:
    """A copy for inference in which no normalization or scale follows a kernel directly.

    Batch normalization at inference and ChannelScale are one factor and one offset for each channel. Where they follow
    a linear convolution or dense layer, whose output nothing else takes, kernel and bias take them in: the outputs stay
    the same but for rounding. Elsewhere (before a convolution, after a concatenation) they stay layers.
    Source: Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, section 3.2, equation 14.

    Args:
      model: functional; it is left as it is.

    Raises:
      ValueError: the model is not functional.
    """
    graph = LayerGraph(model)
    chains = _chains(graph)
    gone = {layer.name for chain in chains.values() for layer in chain}

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if chains.get(layer.name):
            config["use_bias"] = True
        return type(layer).from_config(config)

    def call(layer: keras.Layer, *arguments: Any, **options: Any) -> Any:
        return arguments[0] if layer.name in gone else layer(*arguments, **options)

    folded = keras.models.clone_model(model, clone_function=clone, call_function=call)
    # Layers without weights aside: Keras names the inputs anew.
    for layer in filter(lambda layer: layer.weights, folded.layers):
        original = graph.layers[layer.name]
        chain = chains.get(layer.name)
        layer.set_weights(_folded_weights(original, chain) if chain else original.get_weights())
    return folded


def _chains(graph: LayerGraph) -> dict[str, list[keras.Layer]]:
    """Inputs of each kernel, by the name of its layer, in the order of computation."""
    chains: dict[str, list[keras.Layer]] = {}
    # The kernel whose output, so far only scaled and shifted, a layer gives.
    kernel_of: dict[str, str] = {}
    for name, layer in graph.layers.items():
        if isinstance(layer, _KERNELS) and layer.activation is keras.activations.linear and graph.calls[name] == 1:
            kernel_of[name] = name
        elif _is_affine(layer):
            source = graph.sole_input(name)
            if source in kernel_of:
                kernel_of[name] = kernel_of[source]
                chains.setdefault(kernel_of[source], []).append(layer)
    return chains


def _is_affine(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer.axis in (-1, len(layer.output.shape) - 1)
    return isinstance(layer, ChannelScale)


def affine(layer: keras.Layer) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset, each `[channel]` in float64."""

    def values(variable: Any) -> np.ndarray:
        return np.asarray(variable, np.float64)

    if isinstance(layer, ChannelScale):
        factor = values(layer.scale)
        return factor, np.zeros_like(factor)
    factor = 1 / np.sqrt(values(layer.moving_variance) + layer.epsilon)
    factor = factor * values(layer.gamma) if layer.scale else factor
    return factor, (values(layer.beta) if layer.center else 0.0) - values(layer.moving_mean) * factor


def _folded_weights(layer: keras.Layer, chain: list[keras.Layer]) -> list[np.ndarray]:
    kernel, *bias = (weight.astype(np.float64) for weight in layer.get_weights())
    # A depthwise kernel is `[height, width, channel, multiplier]`, any other `[..., output channel]`.
    is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    shape = kernel.shape[-2:] if is_depthwise else kernel.shape[-1:]
    offset = bias[0] if bias else np.zeros(int(np.prod(shape)))
    for folded in chain:
        factor, shift = affine(folded)
        kernel = kernel * factor.reshape(shape)
        offset = offset * factor + shift
    return [kernel.astype(np.float32), offset.astype(np.float32)]
