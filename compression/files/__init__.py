"""What a TFLite file holds: operations, weights, other files; and how two files differ."""
