"""The config's section `serving_check`. Needs neither TensorFlow nor TFX."""

from pydantic import Field

from components.sections import Section


class ServingCheckConfig(Section):
    """How the exported files are compared with the trained model."""

    examples: int = Field(64, ge=1, description="Test examples that are sent.")
    warmup_examples: int = Field(
        8,
        ge=0,
        le=400,
        description="Of the first of them, that a pushed version holds as requests by which a server warms up before "
        "it answers; 0: it holds none.",
    )
    max_difference: float = Field(
        1e-4,
        gt=0,
        description="Of any output of the SavedModel or the float32 file from the trained model's; above 1, as a share "
        "of the output's largest value.",
    )
