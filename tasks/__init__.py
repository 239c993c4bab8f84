"""One file or package per kind of problem, and what makes, trains and checks any of them.

A task module imports TensorFlow only inside its methods, so that a config is checked without it.
"""
