"""Trained few-shot models from disk."""

import importlib
import os
import pkgutil

import keras

import models.loading
import training.meta


def load_model(path: str | os.PathLike[str]) -> keras.Model:
    """A model that `episodic_model` built, from a .keras file, in a process that may not have built one.

    Keras finds a registered class, and a layer its options, only once their modules have been imported; so every module
    of this package and of `models` is.

    Raises:
      ValueError: not a .keras file.
    """
    for module in pkgutil.walk_packages(training.meta.__path__, prefix=f"{training.meta.__name__}."):
        importlib.import_module(module.name)
    return models.loading.load_model(path)
