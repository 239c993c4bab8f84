"""The config's section `data_gate`. Needs neither TensorFlow nor TFX."""

from typing import Literal

from pydantic import Field, NonNegativeInt

from components.sections import Section


class DataGateConfig(Section):
    """What a dataset must be before anything is trained on it."""

    min_examples: dict[Literal["train", "eval", "test"], NonNegativeInt] = Field(
        default_factory=lambda: {"train": 1, "eval": 1, "test": 1}, description="Fewest examples of each split."
    )
    max_mean: dict[str, float] = Field(
        default_factory=dict, description="Highest mean of a numeric feature in any split, such as {missing: 0.05}."
    )
    ignore_anomalies: tuple[str, ...] = Field((), description="Features whose anomalies are reported but stop nothing.")
