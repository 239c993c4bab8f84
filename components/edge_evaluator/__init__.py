"""TFMA's judgement of each converted file itself."""
