"""Reads what runs left behind: ML Metadata, run records, TFMA and TFDV outputs."""
