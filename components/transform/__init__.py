"""The task's preprocessing_fn, as TFX's Transform calls it."""
