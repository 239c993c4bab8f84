"""Where an Examples artifact keeps its splits."""

import os

import tensorflow as tf
from tfx.types import standard_artifacts

from records.splits import split_folder

# What the gates look at: nothing before them, early stopping included, has seen it.
GATE_SPLIT = "test"


def split_files(examples: standard_artifacts.Examples, split: str) -> list[str]:
    """The files of a split, sorted."""
    return sorted(tf.io.gfile.glob(os.path.join(examples.uri, split_folder(split), "*")))
