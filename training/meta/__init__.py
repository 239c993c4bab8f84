"""Meta-learning: an inner loop that adapts to a task's support set, inside the outer loop of `training.loop`."""
