"""From a trained model to a TFLite file, checked against the model."""
