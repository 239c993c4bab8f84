"""Writes the curated schema."""
