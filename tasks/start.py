"""The trained model that a training starts from. Needs no TensorFlow."""

from pydantic import BaseModel, ConfigDict, Field


class Start(BaseModel):
    """A trained Keras model, by the file it lies in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    digest: str = Field(description="Digest of the file: another one trains anew.")
    fresh: tuple[str, ...]
