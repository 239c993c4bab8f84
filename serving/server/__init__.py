"""A model server in one process that speaks TensorFlow Serving's protocols. `slipway serve` starts it."""
