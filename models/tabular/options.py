"""Options of the networks for rows, as configs write them. Needs no Keras."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.tabular.shape import TableShape

if TYPE_CHECKING:
    import keras

Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, description="Units of each layer.")]
Dropout = Annotated[float, Field(ge=0, lt=1, description="Dropout rate after each layer, or in each block.")]
EmbeddingDim = Annotated[int, Field(ge=1, description="Size of the vector that stands for a category.")]


class NetworkOptions(BaseModel):
    """Options of all networks for rows. Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def build(self, shape: TableShape) -> "keras.Model":
        """The untrained network; see `TableShape` for what it takes and gives."""
        raise NotImplementedError


class LinearOptions(NetworkOptions):
    """One weight for each number and category: logistic or linear regression."""

    kind: Literal["linear"]

    def build(self, shape: TableShape) -> "keras.Model":
        from models.tabular.linear import linear

        return linear(shape)


class DeepOptions(NetworkOptions):
    """Options of networks with dense layers."""

    widths: Widths = (128, 64)
    embedding_dim: EmbeddingDim = 8
    dropout: Dropout = 0.1


class MLPOptions(DeepOptions):
    """Dense layers with ReLU."""

    kind: Literal["mlp"]

    def build(self, shape: TableShape) -> "keras.Model":
        from models.tabular.mlp import mlp

        return mlp(shape, **self.model_dump(exclude={"kind"}))


class WideDeepOptions(DeepOptions):
    """A linear model and dense layers, trained together."""

    kind: Literal["wide_deep"]

    def build(self, shape: TableShape) -> "keras.Model":
        from models.tabular.wide_deep import wide_deep

        return wide_deep(shape, **self.model_dump(exclude={"kind"}))


class ResidualMLPOptions(NetworkOptions):
    """Residual dense layers, which may embed numbers."""

    kind: Literal["residual_mlp"]
    numbers: Literal["periodic", "none"] = Field(
        "none",
        description="What stands for a number: a vector of sines and cosines of learned frequencies, or the number.",
    )
    frequencies: int = Field(16, ge=1, description="Frequencies of each number, of periodic.")
    sigma: float = Field(0.1, gt=0, description="Standard deviation of the frequencies at the start, of periodic.")
    number_dim: int = Field(8, ge=1, description="Size of the vector that stands for a number, of periodic.")
    embedding_dim: EmbeddingDim = 8
    width: int = Field(64, ge=1, description="Units between the blocks.")
    hidden: int = Field(128, ge=1, description="Units in a block.")
    blocks: int = Field(2, ge=1, description="Number of blocks.")
    dropout: Dropout = 0.1

    def build(self, shape: TableShape) -> "keras.Model":
        from models.tabular.residual_mlp import residual_mlp

        return residual_mlp(shape, **self.model_dump(exclude={"kind"}))


TableNetwork = Annotated[LinearOptions | MLPOptions | WideDeepOptions | ResidualMLPOptions, Field(discriminator="kind")]
