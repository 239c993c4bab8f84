"""What the sections of a config have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from records.stores import check_place, check_tensorflow_place

Place = Annotated[str, AfterValidator(check_place)]
"""The type of options that are a path, or an address such as gs://bucket/registry."""

TensorFlowPlace = Annotated[str, AfterValidator(check_tensorflow_place)]
"""The same of what TensorFlow or Keras itself reads."""


class Section(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
