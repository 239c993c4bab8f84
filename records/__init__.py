"""What runs leave behind, typed once, and the names of its files. Imports nothing of ours and no TensorFlow."""
