"""The model registry and what serves from it. Imports nothing of the other rooms."""
