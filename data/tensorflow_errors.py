"""TensorFlow's error messages without what is for its own developers."""

import re

_KERNEL = re.compile(r"\{\{function_node [^{}]*\}\}\s*")


def without_kernels(text: str) -> str:
    """Without the names of what TensorFlow wraps, such as `{{function_node __wrapped__DecodeImage_device_…}}`."""
    return _KERNEL.sub("", text)


def plain_message(error: Exception) -> str:
    """What is wrong, in one line, of an error that TensorFlow raised."""
    text = without_kernels(str(getattr(error, "message", error))).split("[Op:")[0].strip()
    return text.splitlines()[0] if text else type(error).__name__
