"""Loading of trained models."""

import importlib
import os
import pkgutil

import keras

import models


def load_model(path: str | os.PathLike[str]) -> keras.Model:
    """Loads a model from a .keras file, in a process that may not have built one.

    Keras finds a registered class only once the module that defines it has been imported, and what loads a model
    (a step on its own, a command) does not know which layers are in it: so every module of this package is.

    Raises:
      ValueError: not a .keras file.
    """
    for module in pkgutil.walk_packages(models.__path__, prefix=f"{models.__name__}."):
        importlib.import_module(module.name)
    return keras.saving.load_model(path)
