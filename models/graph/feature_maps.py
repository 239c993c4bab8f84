"""Feature maps of a trained network for one image, and its gates of squeeze-and-excitation."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from models.graph.layer_graph import LayerGraph

# Channels drawn of a layer at the most: those that differ most over the image.
MAX_CHANNELS = 16


@dataclass(frozen=True)
class FeatureMap:
    """Feature maps of some channels of a layer.

    Attributes:
      layer: its name below its scopes.
      channels: indices of the channels.
      values: `[channel, height, width]`.
    """

    layer: str
    channels: list[int]
    values: np.ndarray


@dataclass(frozen=True)
class Observation:
    """Feature maps where stages end, and gates in the order of computation.

    Attributes:
      image: `[height, width, channel]`, pixels in [0, 1].
      maps: maps of the outputs that a residual or dense connection joins.
      gates: `{layer: [channel]}`, each in [0, 1].
    """

    image: np.ndarray
    maps: list[FeatureMap]
    gates: dict[str, np.ndarray]


def read_image(path: Path, model: keras.Model) -> np.ndarray:
    """The image as the model takes it, `[height, width, channel]`, resized where it has another size."""
    height, width, channels = model.inputs[0].shape[1:]
    mode = "grayscale" if channels == 1 else "rgb"
    image = keras.utils.load_img(path, color_mode=mode, target_size=(height, width), interpolation="bilinear")
    return keras.utils.img_to_array(image) / 255


def observe(model: keras.Model, image: np.ndarray) -> Observation:
    """Runs one image through a functional image model.

    Args:
      model: model with one input `[batch, height, width, channel]`.
      image: `[height, width, channel]`, pixels in [0, 1].
    """
    graph = LayerGraph(model)
    shapes = {name: tuple(layer.output.shape) for name, layer in graph.layers.items() if _is_image(layer)}
    joined = [name for name in shapes if type(graph.layers[name]).__name__ in ("Add", "Concatenate")]
    # The last of each size: where a stage ends.
    ends = list({shapes[name][1:3]: name for name in joined}.values())
    gates = [gate for name in graph.layers if (gate := _gate(graph, name)) is not None]
    names = list(dict.fromkeys([*ends, *gates]))
    outputs = [graph.layers[name].output for name in names]
    values = keras.Model(model.inputs, outputs)([image[np.newaxis]], training=False) if names else []
    seen = {name: np.asarray(value[0], np.float32) for name, value in zip(names, values, strict=True)}
    return Observation(
        image=image,
        maps=[_feature_map(graph.layers[name].path or name, seen[name]) for name in ends],
        gates={graph.layers[name].path or name: seen[name].reshape(-1) for name in gates},
    )


def _is_image(layer: keras.Layer) -> bool:
    shape = list(getattr(layer.output, "shape", ()))
    return len(shape) == 4 and shape[1] is not None and shape[1] > 1


def _gate(graph: LayerGraph, name: str) -> str | None:
    """The layer whose one pixel a Multiply spreads over an image."""
    if type(graph.layers[name]).__name__ != "Multiply":
        return None
    pixels = [source for source in graph.inputs[name] if tuple(graph.layers[source].output.shape[1:3]) == (1, 1)]
    return pixels[0] if len(pixels) == 1 else None


def _feature_map(layer: str, values: np.ndarray) -> FeatureMap:
    spread = values.std(axis=(0, 1))
    channels = sorted(np.argsort(-spread, kind="stable")[:MAX_CHANNELS].tolist())
    return FeatureMap(layer=layer, channels=channels, values=np.moveaxis(values[..., channels], -1, 0))
