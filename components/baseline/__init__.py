"""The model that a new one has to match: production in the registry."""
