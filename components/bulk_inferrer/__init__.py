"""Predictions of a pushed version for all examples of a source."""
