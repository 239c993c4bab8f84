"""Options that all forecasters share. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import keras

    from models.forecasters.forecaster import ForecastShape

NormalizationName: TypeAlias = Annotated[
    Literal["instance", "affine_instance", "last", "none"],
    Field(
        description="Normalization of each window: by its mean and deviation, also with learned factors, or by its "
        "last row."
    ),
]


class ForecasterOptions(BaseModel):
    """Options of all forecasters.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    normalization: NormalizationName = "instance"

    # Whether the network reads the calendar.
    has_calendar: ClassVar[bool] = False

    @property
    def is_taught(self) -> bool:
        """Whether the training model takes the future as one more input."""
        return False

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        """Raises ValueError where the network cannot take this look-back, or cannot give this horizon."""

    def build(self, shape: "ForecastShape") -> "keras.Model":
        """The untrained forecaster; see `models.forecasters.forecaster.forecaster` for what it takes and gives."""
        raise NotImplementedError

    def training_model(self, model: "keras.Model", shape: "ForecastShape") -> "keras.Model":
        """The model that is trained in place of `model`, sharing its layers."""
        return model
