"""Loads what would be shipped as a client would, and compares it with the trained model."""
