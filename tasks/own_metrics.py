"""Metric classes by their whole paths, as attributes of this module: what EvalConfigs name classes outside TFMA by.

TFMA looks up a class's bare name among its own classes first, wherever `module` says that the class lives, and takes
no metrics of Keras 3.
"""

import importlib

import keras

from tasks.keras_metric import KerasMetric


def __getattr__(path: str) -> type:
    """The class at `package.module.Class`; one of Keras 3 as one of TFMA."""
    module, _, name = path.rpartition(".")
    if not module:
        raise AttributeError(f"module {__name__!r} has no attribute {path!r}")
    found = getattr(importlib.import_module(module), name)
    if issubclass(found, keras.metrics.Metric):
        return type(found.__name__, (KerasMetric,), {"keras_class": found})
    return found
