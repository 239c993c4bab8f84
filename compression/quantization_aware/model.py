"""Quantization-aware training: a network that computes as its full-int8 file will, and can be trained so."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from compression.changes.pruning import Mask
from compression.layer_patterns import match_paths
from compression.quantization_aware.fake_quantize import FakeQuantize
from compression.quantization_aware.quantizable import FUSED, quantizable
from compression.quantization_aware.quantized_layers import QUANTIZED, QuantizedKernel
from compression.recipe import QuantizationAwareOptions
from models.graph.layer_graph import LayerGraph

# Their outputs have the range of their inputs.
_PASSING = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.ZeroPadding2D,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
)
# The kernels of these prescribe the ranges of what they give.
_FIXED = {
    keras.activations.sigmoid: (0.0, 255 / 256),
    keras.activations.softmax: (0.0, 255 / 256),
    keras.activations.tanh: (-1.0, 127 / 128),
}
_CALIBRATION_BATCH = 32


def quantization_aware(
    model: keras.Model, options: QuantizationAwareOptions, sample: dict[str, np.ndarray]
) -> keras.Model:
    """A copy that rounds kernels and activations where the full-int8 file does, to be trained further.

    Normalizations are folded into the kernels first, so that training sees the kernels that are quantized. Zeros of
    kernels stay zeros: pruned weights stay pruned.
    Source: Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, section 3.

    Args:
      model: functional; it is left as it is.
      options: of the quantization.
      sample: what the ranges of activations start from, `{input: [example, ...]}`.

    Raises:
      LayerPatternError: a pattern fits no layer.
    """
    plain = quantizable(model)
    graph = LayerGraph(plain)
    with_kernel = {layer.path or name: name for name, layer in graph.layers.items() if _kernel_layer(layer) is not None}
    left_out = match_paths(with_kernel, options.exclude, option="quantize_aware.exclude", what="a layer with a kernel")
    floating = {with_kernel[path] for path in left_out}
    points = {name: _range(graph, name) for name in graph.layers if name not in floating and _is_point(graph, name)}

    def clone(layer: keras.Layer) -> keras.Layer:
        kind = _kernel_layer(layer)
        if kind is None or layer.name in floating:
            return type(layer).from_config(layer.get_config())
        return QUANTIZED[kind].from_config({**layer.get_config(), "bits": options.weight_bits})

    copy = _with_quantizers(plain, points, clone)
    for layer in filter(lambda layer: layer.weights, copy.layers):
        if layer.name in graph.layers:
            layer.set_weights(graph.layers[layer.name].get_weights())
    keep_zeros(copy)
    for start in range(0, len(next(iter(sample.values()))), _CALIBRATION_BATCH):
        copy({name: values[start : start + _CALIBRATION_BATCH] for name, values in sample.items()}, training=True)
    return copy


def keep_zeros(model: keras.Model) -> None:
    """Makes training leave alone what is zero in a quantized kernel."""
    for layer in model.layers:
        if isinstance(layer, QuantizedKernel):
            mask = Mask(layer.kernel)
            mask.values.assign(tf.cast(layer.kernel.value != 0, mask.values.dtype))
            layer.kernel.constraint = mask


def for_conversion(model: keras.Model) -> keras.Model:
    """A copy of what `quantization_aware` gave, after training, that TFLite's converter turns into what was trained.

    Kernels hold the values that they are rounded to. The converter then finds the same steps in them: it makes the
    largest value of a channel, or of a dense layer's kernel, the last step. Ranges of activations stand in the graph.
    """

    def clone(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, QuantizedKernel):
            return type(layer).from_config(layer.get_config())
        config = layer.get_config()
        del config["bits"]
        return layer.plain.from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone)
    for source, layer in zip(model.layers, copy.layers, strict=True):
        weights = source.get_weights()
        if isinstance(source, QuantizedKernel):
            weights[0] = source.quantized(source.kernel).numpy()
        layer.set_weights(weights)
    return copy


def _kernel_layer(layer: keras.Layer) -> type[keras.Layer] | None:
    return next((kind for kind in QUANTIZED if isinstance(layer, kind)), None)


def _is_point(graph: LayerGraph, name: str) -> bool:
    """Whether the file stores what this layer gives with steps of its own."""
    layer = graph.layers[name]
    if isinstance(layer, (*_PASSING, keras.layers.InputLayer)):
        return False
    followers = [other for other, inputs in graph.inputs.items() if name in inputs]
    is_fused = graph.consumers[name] == 1 and len(followers) == 1 and _is_fused(graph.layers[followers[0]])
    return not is_fused


def _is_fused(layer: keras.Layer) -> bool:
    is_activation = isinstance(layer, keras.layers.Activation) and layer.activation.__name__ in FUSED
    return is_activation or isinstance(layer, keras.layers.ReLU)


def _range(graph: LayerGraph, name: str) -> tuple[float, float] | None:
    layer = graph.layers[name]
    return _FIXED.get(layer.activation) if isinstance(layer, keras.layers.Activation) else None


def _with_quantizers(
    model: keras.Model,
    points: dict[str, tuple[float, float] | None],
    clone: Callable[[keras.Layer], keras.Layer],
) -> keras.Model:
    """A copy with a FakeQuantize after the inputs and each of `points`."""
    quantized_inputs: dict[str, keras.KerasTensor] = {}

    def quantized_input(value: Any) -> Any:
        history = getattr(value, "_keras_history", None)
        if history is None or not isinstance(history.operation, keras.layers.InputLayer):
            return value
        name = history.operation.name
        if name not in quantized_inputs:
            quantized_inputs[name] = FakeQuantize(name=f"{name}_quantized")(value)
        return quantized_inputs[name]

    def call(layer: keras.Layer, *arguments: Any, **options: Any) -> Any:
        outputs = layer(*keras.tree.map_structure(quantized_input, arguments), **options)
        if layer.name not in points:
            return outputs
        return FakeQuantize(fixed=points[layer.name], name=f"{layer.name}_quantized")(outputs)

    return keras.models.clone_model(model, clone_function=clone, call_function=call)
