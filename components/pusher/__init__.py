"""Launches a model that passed every gate."""
