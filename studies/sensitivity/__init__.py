"""How much of the metric each layer costs when it alone is compressed."""
