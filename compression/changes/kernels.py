"""The kernels of a model that can be compressed, by the paths of their layers."""

from collections.abc import Sequence

import keras

from compression.layer_patterns import LayerPatternError, match_paths

_KERNELS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def kernel_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """Convolutions and dense layers, which have a kernel, by path."""
    return {layer.path or layer.name: layer for layer in model.layers if isinstance(layer, _KERNELS)}


def layer_kernels(model: keras.Model) -> dict[str, keras.Variable]:
    """Kernels of convolutions and dense layers by the layer's path."""
    return {path: layer.kernel for path, layer in kernel_layers(model).items()}


def prunable_kernels(
    model: keras.Model, exclude: Sequence[str] = (), *, option: str = "prune.exclude"
) -> dict[str, keras.Variable]:
    """Kernels of convolutions and dense layers by the layer's path, but for those that a pattern excludes.

    Args:
      model: built.
      exclude: patterns of layer paths.
      option: where the patterns stand in the config, for the complaint.

    Raises:
      LayerPatternError: a pattern fits no layer, or every kernel is excluded.
    """
    kernels = layer_kernels(model)
    left_out = match_paths(kernels, exclude, option=option, what="a layer with a kernel")
    kept = {path: kernel for path, kernel in kernels.items() if path not in left_out}
    if not kept:
        raise LayerPatternError(
            f"A layer with a kernel must be left to {option.partition('.')[0]}. Received: a model with {len(kernels)}, "
            f"and exclude={list(exclude)}. Exclude fewer."
        )
    return kept
