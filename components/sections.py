"""What the sections of a config have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from records.stores import check_place

Place = Annotated[str, AfterValidator(check_place)]
"""The type of options that are a path, or an address such as gs://bucket/registry."""


class Section(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
