"""What a recipe does to a trained model: pruning, clustering, teaching, and the training that follows."""
