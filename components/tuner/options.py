"""The config's section `tune`, and what Tuner is asked for. Needs neither TensorFlow nor TFX."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from components.sections import Section
from data.did_you_mean import did_you_mean
from tasks.start import Start
from training.options import TrainOptions


class FloatRange(Section):
    """A number between two."""

    kind: Literal["float"] = "float"
    min: float = Field(description="The lowest.")
    max: float = Field(description="The highest.")
    log: bool = Field(False, description="Spread evenly over orders of magnitude.")

    @model_validator(mode="after")
    def _is_a_range(self) -> "FloatRange":
        if not self.min < self.max or (self.log and self.min <= 0):
            raise ValueError(
                f"min must be below max, and above 0 with log. Received: min={self.min}, max={self.max}, log={self.log}"
            )
        return self

    def extremes(self) -> tuple[Any, ...]:
        """Values that show whether all are allowed."""
        return self.min, self.max


class IntRange(Section):
    """A whole number between two, both included."""

    kind: Literal["int"] = "int"
    min: int = Field(description="The lowest.")
    max: int = Field(description="The highest.")
    step: int = Field(1, ge=1, description="Distance between two values that are tried.")

    @model_validator(mode="after")
    def _is_a_range(self) -> "IntRange":
        if self.min >= self.max:
            raise ValueError(f"min must be below max. Received: min={self.min}, max={self.max}")
        return self

    def extremes(self) -> tuple[Any, ...]:
        """Values that show whether all are allowed."""
        return self.min, self.max


class Choice(Section):
    """One of some values of a kind."""

    kind: Literal["choice"] = "choice"
    values: tuple[bool | int | float | str, ...] = Field(
        min_length=2, description="The values, of which each trial takes one."
    )

    def extremes(self) -> tuple[Any, ...]:
        """Values that show whether all are allowed."""
        return self.values


class TuneOptions(Section):
    """The search for hyperparameters, before Trainer."""

    algorithm: Literal["random", "bayesian", "hyperband", "grid"] = Field(
        "random", description="How the values of the next trial are chosen."
    )
    trials: int = Field(10, ge=1, description="Trainings at the most; hyperband has a number of its own.")
    epochs: int | None = Field(None, ge=1, description="Of a trial, at the most; default: train.epochs.")
    metric: str = Field("loss", description="Of the eval split: loss, or one that the task's objective reports.")
    direction: Literal["min", "max"] = Field(
        "min", description="Whether the lowest or the highest value of the metric is the best."
    )
    space: dict[str, Annotated[FloatRange | IntRange | Choice, Field(discriminator="kind")]] = Field(
        min_length=1, description="By dotted key below train or options, such as train.learning_rate."
    )

    @model_validator(mode="after")
    def _keys_lead_somewhere(self) -> "TuneOptions":
        for key in self.space:
            if not key.startswith(("train.", "options.")):
                meant = did_you_mean(key.partition(".")[0], ("train", "options"))
                raise ValueError(f"a key of space must start with train. or options. Received: {key!r}.{meant}")
        return self


class TunerCustomConfig(Section):
    """What TFX hands to `tuner_fn` as `custom_config`.

    Attributes:
      task_spec: JSON of the config's task.
      tune: the config's section.
      train: the config's section, over which each trial's values are laid.
      seed: seed of the search and of each training.
      start: the model whose weights trainings start from; None draws them.
    """

    task_spec: str
    tune: TuneOptions
    train: TrainOptions
    seed: int
    start: Start | None
