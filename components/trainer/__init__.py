"""The training loop, as TFX's Trainer calls it."""
