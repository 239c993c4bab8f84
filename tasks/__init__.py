"""One file per kind of problem.

A task module imports TensorFlow only inside its methods, so that a config is checked without it.
"""
