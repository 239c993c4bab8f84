"""What goes wrong in a conversion."""


class ConversionError(RuntimeError):
    """A model that cannot become a TFLite file."""

    title = "Conversion failed"
    exit_code = 1
