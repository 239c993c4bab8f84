"""Names by which the inner loop finds a network's inputs and layers. Needs no Keras."""

# Inputs: the examples, the context variables of each, and what each counts for in normalization statistics.
X, CONTEXT, WEIGHT = "x", "context", "weight"
# Layers: the one whose outputs the head takes, and the head, whose outputs are the predictions.
FEATURES, HEAD = "features", "head"
