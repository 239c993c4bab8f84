"""Structured pruning: whole channels are taken out, and every layer that made or read them gets smaller."""

import keras
import numpy as np

from compression.changes.channels import PER_CHANNEL, PRODUCERS, Channels
from compression.layer_patterns import LayerPatternError, match_paths
from compression.recipe import ChannelPruningOptions
from models.graph.folding import fold


def prune_channels(model: keras.Model, options: ChannelPruningOptions) -> keras.Model:
    """A smaller copy without the least important channels, to be trained further.

    Channels that are added up along a residual path, or multiplied by a gate, go together from all the layers that make
    them. A channel's importance is the norm of the kernels that make it, each over its layer's mean, after the
    normalizations that follow were folded into them: without that, the norm of a kernel says nothing.
    Source: Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, sections 3.1 and 3.3.

    Args:
      model: functional; it is left as it is.
      options: how many channels go, and of which layers none.

    Raises:
      LayerPatternError: a pattern fits no layer, or no channel may be taken out.
    """
    channels = Channels(model)
    _fix_excluded(channels, options.exclude)
    groups = channels.groups()
    if not groups:
        raise LayerPatternError(
            f"A layer must be left whose channels can be taken out. Received: {model.name}, exclude="
            f"{list(options.exclude)}, where all channels are the model's outputs, excluded, or read by a layer that "
            "needs all of them. Exclude fewer."
        )
    importance = _importance(model, channels)
    gone: set[int] = set()
    for group in groups:
        kept = min(len(group), max(options.min_channels, round((1 - options.share) * len(group))))
        least = sorted(group, key=lambda number: importance.get(int(number), 0.0))
        gone |= {int(number) for number in least[: len(group) - kept]}
    return without_channels(model, channels, gone)


def without_channels(model: keras.Model, channels: Channels, gone: set[int]) -> keras.Model:
    """A copy without these channels, of `Channels`' numbers."""
    kept = {name: ~np.isin(numbers, list(gone)) for name, numbers in channels.outputs.items()}

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if isinstance(layer, PRODUCERS) and layer.name in kept:
            size = "units" if isinstance(layer, keras.layers.Dense) else "filters"
            config[size] = int(kept[layer.name].sum())
        return type(layer).from_config(config)

    smaller = keras.models.clone_model(model, clone_function=clone)
    # Layers without weights aside: Keras names the inputs anew.
    for layer in filter(lambda layer: layer.weights, smaller.layers):
        original = channels.graph.layers[layer.name]
        weights = original.get_weights()
        if isinstance(original, PRODUCERS):
            read = kept[channels.graph.inputs[layer.name][0]]
            weights[0] = weights[0][..., read, :]
        if isinstance(original, keras.layers.DepthwiseConv2D):
            weights[0] = weights[0][..., kept[layer.name], :]
            weights[1:] = [weight[kept[layer.name]] for weight in weights[1:]]
        elif isinstance(original, (*PRODUCERS, *PER_CHANNEL)):
            weights = [weight[..., kept[layer.name]] for weight in weights]
        layer.set_weights(weights)
    return smaller


def _fix_excluded(channels: Channels, patterns: tuple[str, ...]) -> None:
    paths = {layer.path or name: name for name, layer in channels.graph.layers.items() if isinstance(layer, PRODUCERS)}
    for path in match_paths(paths, patterns, option="prune_channels.exclude", what="a convolution or dense layer"):
        channels.fix(channels.outputs[paths[path]])


def _importance(model: keras.Model, channels: Channels) -> dict[int, float]:
    folded = {layer.name: layer for layer in fold(model).layers}
    importance: dict[int, float] = {}
    for name, layer in channels.graph.layers.items():
        if not isinstance(layer, PRODUCERS):
            continue
        kernel = folded[name].kernel.numpy()
        norms = np.sqrt(np.mean(kernel.astype(np.float64) ** 2, axis=tuple(range(kernel.ndim - 1))))
        for number, norm in zip(channels.outputs[name], norms / max(norms.mean(), 1e-12), strict=True):
            importance[int(number)] = importance.get(int(number), 0.0) + float(norm)
    return importance
