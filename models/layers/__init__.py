"""Layers and blocks that several families use."""
