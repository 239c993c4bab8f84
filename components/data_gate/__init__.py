"""Stops a bad dataset before anything is trained on it."""
