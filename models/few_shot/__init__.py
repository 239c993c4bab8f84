"""Networks that an inner loop adapts."""
