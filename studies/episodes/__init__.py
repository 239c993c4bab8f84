"""Few-shot learners on the same test episodes, drawn and compared."""
