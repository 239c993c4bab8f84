"""TFLite variants of the trained model."""
