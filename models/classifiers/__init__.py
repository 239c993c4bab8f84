"""Networks from an image to the logits of its class."""
