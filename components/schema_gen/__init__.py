"""Writes the task's curated schema."""
