"""TFLite conversion and measurement, without TFX."""
