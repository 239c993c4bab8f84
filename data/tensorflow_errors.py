"""TensorFlow's error messages, without the parts for its own developers."""

import re

_KERNEL = re.compile(r"\{\{function_node [^{}]*\}\}\s*")


def without_kernels(text: str) -> str:
    """Removes the names of kernels, such as `{{function_node __wrapped__DecodeImage_device_…}}`."""
    return _KERNEL.sub("", text)


def plain_message(error: Exception) -> str:
    """The message of an error that TensorFlow raised, in one line."""
    text = without_kernels(str(getattr(error, "message", error))).split("[Op:")[0].strip()
    return text.splitlines()[0] if text else type(error).__name__
