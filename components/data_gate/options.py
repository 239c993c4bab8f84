"""The config's section `data_gate`. Needs neither TensorFlow nor TFX."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, field_validator

from components.sections import Place, Section
from data.source import Split


class Distances(Section):
    """How far each feature's distribution may be from another."""

    max_distance: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Largest distance of a feature, beside what chance makes at the splits' sizes: L-infinity of a "
        "categorical one, Jensen-Shannon divergence in bits of a numeric one.",
    )
    features: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="The same by feature, such as {hour: 0.05}; 1 lets every change pass."
    )

    def allowed(self, feature: str) -> float:
        """The limit of a feature."""
        return self.features.get(feature, self.max_distance)


class DriftConfig(Distances):
    """How far each feature's distribution may be from that in the data that passed last."""


class SkewConfig(Distances):
    """How far the train split may be from what clients send a model in production."""

    logs: Place = Field(
        description="File of requests, or folder of such: .jsonl with a JSON object of raw features a line, .tfrecord "
        "with tf.Examples, each also gzipped (.gz). Relative paths start at the config."
    )


class DataGateConfig(Section):
    """What a dataset must be before anything is trained on it."""

    min_examples: dict[Split, NonNegativeInt] = Field(
        {"train": 1, "eval": 1, "test": 1}, description="Fewest examples of each split."
    )
    max_mean: dict[str, float] = Field(
        default_factory=dict, description="Highest mean of a numeric feature in any split, such as {missing: 0.05}."
    )
    ignore_anomalies: tuple[str, ...] = Field((), description="Features whose anomalies are reported but stop nothing.")

    drift: DriftConfig | None = Field(
        None, description="Compare each split with that of the data that passed last; default: no comparison."
    )
    skew: SkewConfig | None = Field(
        None, description="Compare the train split with requests in production; default: no comparison."
    )

    @field_validator("min_examples")
    @classmethod
    def _no_split_may_be_empty(cls, min_examples: dict[Split, int]) -> dict[Split, int]:
        """Completes the mapping: a split that the config leaves out needs one example, as by default."""
        return {"train": 1, "eval": 1, "test": 1, **min_examples}
