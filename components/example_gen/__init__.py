"""Reads a task's source into tf.Examples."""
