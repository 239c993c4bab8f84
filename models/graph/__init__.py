"""A model as a graph of layers: what it costs, draws and holds."""
