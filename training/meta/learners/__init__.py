"""Options of each learner, a file each."""
