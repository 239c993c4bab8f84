"""What a training starts from, other than weights drawn anew. Needs no TensorFlow."""

from pydantic import BaseModel, ConfigDict, Field


class Start(BaseModel):
    """A trained Keras model, by the file it lies in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    digest: str = Field(description="Of the file: another one trains anew.")
    fresh: tuple[str, ...]
