"""Options of the forecasters, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from models.forecasters.forecaster_options import ForecasterOptions, NormalizationName
from models.forecasters.rows import check_kernel, check_multiples
from models.forecasters.transformer_options import EncoderDecoderOptions, PatchTransformerOptions

if TYPE_CHECKING:
    import keras

    from models.forecasters.forecaster import ForecastShape


class DLinearOptions(ForecasterOptions):
    """A moving average and the remainder, each mapped by a matrix of its own."""

    kind: Literal["dlinear"]
    normalization: NormalizationName = "none"
    kernel: int = Field(25, ge=1, description="Rows of the moving average; odd.")

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_kernel(self.kernel)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.linear import dlinear

        return dlinear(shape, kernel=self.kernel, normalization=self.normalization)


class NLinearOptions(ForecasterOptions):
    """One matrix on the series less its last row; with normalization instance, RLinear."""

    kind: Literal["nlinear"]
    normalization: NormalizationName = "last"
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout rate of the rows that the matrix sees.")

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.linear import nlinear

        return nlinear(shape, dropout=self.dropout, normalization=self.normalization)


class PeriodicOptions(ForecasterOptions):
    """One small matrix from period to period, the same for every place in it, as SparseTSF."""

    kind: Literal["periodic"]
    period: int = Field(24, ge=2, description="Rows of a period; look-back and horizon are multiples.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout rate of the rows that the matrix sees.")

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_multiples("period", self.period, lookback=lookback, horizon=horizon)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.linear import periodic

        return periodic(shape, period=self.period, dropout=self.dropout, normalization=self.normalization)


class RecurrentOptions(ForecasterOptions):
    """An LSTM or GRU encoder and decoder."""

    kind: Literal["recurrent"]
    cell: Literal["lstm", "gru"] = Field("gru", description="Cell of the encoder and of the decoder.")
    units: int = Field(64, ge=1, description="Size of a cell's state.")
    patch: int = Field(1, ge=1, description="Rows in a step; look-back and horizon are multiples.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout rate before the head.")

    has_calendar: ClassVar[bool] = True

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_multiples("patch", self.patch, lookback=lookback, horizon=horizon)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.recurrent import recurrent

        return recurrent(shape, **self.model_dump(exclude={"kind"}))


Forecaster = Annotated[
    DLinearOptions
    | NLinearOptions
    | PeriodicOptions
    | RecurrentOptions
    | PatchTransformerOptions
    | EncoderDecoderOptions,
    Field(discriminator="kind"),
]
