"""Tuner: searches for the hyperparameters that Trainer then uses."""
