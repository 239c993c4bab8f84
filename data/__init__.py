"""Readers of sources into tf.Examples."""
