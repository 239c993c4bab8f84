"""Keras 3 layers and architectures."""
