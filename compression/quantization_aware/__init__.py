"""Training with the rounding of int8, which the converted file then has."""
