"""The config's section `predict`. Needs neither TensorFlow nor TFX."""

from typing import Any

from pydantic import Field

from components.sections import Section
from data.source import Split

# Instead of a variant's name: the one that Compressor chose.
CHOSEN = "chosen"


class PredictConfig(Section):
    """Examples for which the version that a run pushes predicts."""

    options: dict[str, Any] = Field(
        default_factory=dict,
        description="The task's options for reading these examples, each in place of the task's own, such as `source`.",
    )
    splits: tuple[Split, ...] = Field(
        ("train", "eval", "test"), min_length=1, description="Splits of the source whose examples are read."
    )
    variant: str | None = Field(
        None, description="A TFLite variant, or chosen for the one that Compressor chose; default: the SavedModel."
    )
