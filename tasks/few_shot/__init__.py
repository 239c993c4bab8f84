"""Few-shot learning: an episode's support set in, predictions of its query set out."""
