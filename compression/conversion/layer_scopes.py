"""Writes down in which name scope of a graph each layer is called."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf


@contextlib.contextmanager
def record_scopes(model: keras.Model) -> Iterator[dict[str, str]]:
    """`{name scope: path of the layer}`, filled in by what is traced meanwhile."""
    scopes: dict[str, str] = {}
    layers = model._flatten_layers(include_self=False)
    wrapped = [layer for layer in layers if not isinstance(layer, keras.layers.InputLayer)]
    for layer in wrapped:
        _record(layer, scopes)
    try:
        yield scopes
    finally:
        for layer in wrapped:
            object.__delattr__(layer, "call")


def _record(layer: keras.Layer, scopes: dict[str, str]) -> None:
    """Has the layer write down the scope that it is called in."""
    call, path = layer.call, layer.path or layer.name

    def recorded(*arguments: object, **options: object) -> object:
        scopes[tf.get_current_name_scope()] = path
        return call(*arguments, **options)

    # Past Keras's own, which would track it as a part of the layer.
    object.__setattr__(layer, "call", recorded)
