"""TensorFlow's Flex delegate, which runs those ops of a TFLite file that TFLite itself lacks (select ops)."""

import importlib.metadata

from packaging.version import Version

# TensorFlow 2.21's wheels have none (google-ai-edge/LiteRT#6458), and LiteRT's never had one.
# Delete when TFX 1.16 goes: this module, `compress.select_ops`, and TensorFlow's interpreter where LiteRT's is meant
# (serving/tflite.py, compression/files/file_ops.py). No stack of ours could then run such a file.
FIRST_WITHOUT = Version("2.21")
WITHOUT_FLEX = "select ops need the Flex delegate, which the wheels of TensorFlow 2.21 do not hold"


def has_flex_delegate() -> bool:
    """Whether the TensorFlow that is installed has it; imports nothing of TensorFlow."""
    try:
        return Version(importlib.metadata.version("tensorflow")) < FIRST_WITHOUT
    except importlib.metadata.PackageNotFoundError:
        return False
