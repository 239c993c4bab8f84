"""Options of the transformers that forecast, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from models.forecasters.forecaster_options import ForecasterOptions
from models.forecasters.rows import check_decoded_patches, check_patch

if TYPE_CHECKING:
    import keras

    from models.forecasters.forecaster import ForecastShape
    from models.forecasters.transformer_blocks import BlockStyle


class TransformerOptions(ForecasterOptions):
    """Options of both transformers."""

    dim: int = Field(16, ge=2, description="Size of a token.")
    heads: int = Field(4, ge=1, description="Attention heads; dim is a multiple.")
    hidden: int = Field(64, ge=1, description="Units of the perceptrons.")
    dropout: float = Field(0.1, ge=0, lt=1, description="Dropout rate of the branches.")
    positions: Literal["sinusoidal", "learned", "rotary"] = Field(
        "rotary",
        description="Encoding of the tokens' positions: added sines, added weights, or rotated keys and queries.",
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
        """The style of the blocks."""
        from models.forecasters.transformer_blocks import BlockStyle

        names = ("heads", "hidden", "dropout", "positions", "chunk", "is_recomputed")
        return BlockStyle(**{name: getattr(self, name) for name in names})


class PatchTransformerOptions(TransformerOptions):
    """An encoder over patches, as PatchTST."""

    kind: Literal["patch_transformer"]
    patch: int = Field(16, ge=1, description="Rows of a patch; 1 makes every row a token.")
    stride: int = Field(8, ge=1, description="Rows between two patches.")
    depth: int = Field(3, ge=1, description="Number of blocks.")
    head_dropout: float = Field(0.0, ge=0, lt=1, description="Dropout rate before the last layer.")
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
    encoder_depth: int = Field(2, ge=1, description="Number of blocks of the encoder.")
    decoder_depth: int = Field(1, ge=1, description="Number of blocks of the decoder.")
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
