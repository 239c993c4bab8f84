"""Several architectures, trained under one budget and measured alike."""
