"""Networks from a look-back window to a horizon."""
