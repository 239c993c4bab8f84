"""Networks from an image to the logits of its class."""

from models.classifiers.options import Architecture

__all__ = ["Architecture"]
