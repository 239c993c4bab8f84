"""Options of the forecasters, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.forecasters.rows import check_decoded_patches, check_kernel, check_multiples, check_patch

if TYPE_CHECKING:
    import keras

    from models.forecasters.forecaster import ForecastShape
    from models.forecasters.transformer_blocks import BlockStyle

NormalizationName: TypeAlias = Annotated[
    Literal["instance", "affine_instance", "last", "none"],
    Field(description="Of each window: by its mean and deviation, also with learned factors, or by its last row."),
]


class ForecasterOptions(BaseModel):
    """What all forecasters have.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    normalization: NormalizationName = "instance"

    # Whether the network reads the calendar.
    has_calendar: ClassVar[bool] = False

    @property
    def is_taught(self) -> bool:
        """Whether the training model has the future as one more input."""
        return False

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        """Raises ValueError where the network does not take so many rows, or does not give so many."""

    def build(self, shape: "ForecastShape") -> "keras.Model":
        """The untrained forecaster; see `models.forecasters.forecaster.forecaster` for what it takes and gives."""
        raise NotImplementedError

    def training_model(self, model: "keras.Model", shape: "ForecastShape") -> "keras.Model":
        """What is trained in place of `model`, sharing its layers."""
        return model


class DLinearOptions(ForecasterOptions):
    """A moving average and the rest, a matrix each."""

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
    dropout: float = Field(0.0, ge=0, lt=1, description="Rate of the rows that the matrix sees.")

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.linear import nlinear

        return nlinear(shape, dropout=self.dropout, normalization=self.normalization)


class PeriodicOptions(ForecasterOptions):
    """One small matrix from period to period, the same for every place in it, as SparseTSF."""

    kind: Literal["periodic"]
    period: int = Field(24, ge=2, description="Rows; look-back and horizon are multiples.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Rate of the rows that the matrix sees.")

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_multiples("period", self.period, lookback=lookback, horizon=horizon)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.linear import periodic

        return periodic(shape, period=self.period, dropout=self.dropout, normalization=self.normalization)


class RecurrentOptions(ForecasterOptions):
    """An LSTM or GRU encoder and decoder."""

    kind: Literal["recurrent"]
    cell: Literal["lstm", "gru"] = Field("gru", description="Of the encoder and of the decoder.")
    units: int = Field(64, ge=1, description="Of a cell.")
    patch: int = Field(1, ge=1, description="Rows in a step; look-back and horizon are multiples.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Rate before the head.")

    has_calendar: ClassVar[bool] = True

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_multiples("patch", self.patch, lookback=lookback, horizon=horizon)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.recurrent import recurrent

        return recurrent(shape, **self.model_dump(exclude={"kind"}))


class TransformerOptions(ForecasterOptions):
    """What both transformers have."""

    dim: int = Field(16, ge=2, description="Of a token.")
    heads: int = Field(4, ge=1, description="Of the attention; dim is a multiple.")
    hidden: int = Field(64, ge=1, description="Units of the perceptrons.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Rate of the branches.")
    positions: Literal["sinusoidal", "learned", "rotary"] = Field(
        "rotary",
        description="How tokens know where they stand: added sines, added weights, or turned keys and queries.",
    )
    is_channel_independent: bool = Field(True, description="Each channel is a series of its own, the weights shared.")
    chunk: int | None = Field(None, ge=1, description="Keys that attention takes at a time; null takes all at once.")
    is_recomputed: bool = Field(False, description="The backward pass computes branches anew instead of keeping them.")

    @model_validator(mode="after")
    def _heads_divide(self) -> "TransformerOptions":
        if self.dim % self.heads or (self.positions == "rotary" and (self.dim // self.heads) % 2) or self.dim % 2:
            raise ValueError(
                f"dim must be an even multiple of heads. Received: dim={self.dim}, heads={self.heads}, "
                f"positions={self.positions}"
            )
        return self

    def style(self) -> "BlockStyle":
        """What the blocks share."""
        from models.forecasters.transformer_blocks import BlockStyle

        names = ("heads", "hidden", "dropout", "positions", "chunk", "is_recomputed")
        return BlockStyle(**{name: getattr(self, name) for name in names})


class PatchTransformerOptions(TransformerOptions):
    """An encoder over patches, as PatchTST."""

    kind: Literal["patch_transformer"]
    patch: int = Field(16, ge=1, description="Rows of a patch; 1 makes every row a token.")
    stride: int = Field(8, ge=1, description="Rows between two patches.")
    depth: int = Field(3, ge=1, description="Number of blocks.")
    head_dropout: float = Field(0.0, ge=0, lt=1, description="Rate before the last layer.")
    has_linear_path: bool = Field(False, description="Add a matrix from look-back to horizon beside the encoder.")

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_patch(self.patch, lookback=lookback)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        from models.forecasters.patch_transformer import patch_transformer

        names = ("normalization", "patch", "stride", "dim", "depth", "head_dropout", "has_linear_path")
        own = {name: getattr(self, name) for name in (*names, "is_channel_independent")}
        return patch_transformer(shape, style=self.style(), **own)


class EncoderDecoderOptions(TransformerOptions):
    """An encoder, and a causal decoder with cross-attention."""

    kind: Literal["encoder_decoder"]
    patch: int = Field(24, ge=1, description="Rows of a token; the horizon is a multiple.")
    encoder_depth: int = Field(2, ge=1, description="Number of blocks.")
    decoder_depth: int = Field(1, ge=1, description="The same of the decoder.")
    decoding: Literal["one_shot", "autoregressive"] = Field(
        "one_shot", description="The whole horizon at once, or patch by patch, each from those before."
    )
    sampling: float = Field(
        0.5, ge=0, le=1, description="Autoregressive: highest share of tokens that are the decoder's own in training."
    )
    sampling_ramp_steps: int = Field(1000, ge=1, description="Training steps until that share is reached.")

    has_calendar: ClassVar[bool] = True

    @property
    def is_taught(self) -> bool:
        return self.decoding == "autoregressive"

    def check_rows(self, *, lookback: int, horizon: int) -> None:
        check_decoded_patches(self.patch, lookback=lookback, horizon=horizon)

    def build(self, shape: "ForecastShape") -> "keras.Model":
        return self._build(shape, sharing=None)

    def training_model(self, model: "keras.Model", shape: "ForecastShape") -> "keras.Model":
        return self._build(shape, sharing=model) if self.is_taught else model

    def _build(self, shape: "ForecastShape", *, sharing: "keras.Model | None") -> "keras.Model":
        from models.forecasters.encoder_decoder import encoder_decoder
        from models.forecasters.scheduled_sampling import ScheduledSampling

        sampling = None
        if sharing is not None:
            sampling = ScheduledSampling(most=self.sampling, ramp_steps=self.sampling_ramp_steps)
        names = ("normalization", "patch", "dim", "encoder_depth", "decoder_depth", "decoding")
        own = {name: getattr(self, name) for name in (*names, "is_channel_independent")}
        return encoder_decoder(shape, style=self.style(), sharing=sharing, sampling=sampling, **own)


Forecaster = Annotated[
    DLinearOptions
    | NLinearOptions
    | PeriodicOptions
    | RecurrentOptions
    | PatchTransformerOptions
    | EncoderDecoderOptions,
    Field(discriminator="kind"),
]
