"""Run roots that each stack left, for the other to read."""
