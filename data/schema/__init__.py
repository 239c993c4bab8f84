"""Schemas of raw examples as files that a person curates: TensorFlow Metadata's Schema in its text form."""
