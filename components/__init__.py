"""TFX components: thin adapters from artifacts to the plain code in the rooms below."""
