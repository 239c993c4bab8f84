"""What is missing or mismatched on a machine, and how to mend it."""
