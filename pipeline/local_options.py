"""The section `local` of a config. Needs no TFX."""

from typing import Annotated

from pydantic import Field

from components.sections import Section


class LocalConfig(Section):
    """Runs on this machine."""

    retries: dict[str, Annotated[int, Field(ge=0)]] = Field(
        {"Trainer": 3},
        description="How often a node starts again, by its name, where a connection or a process was lost; a training "
        "goes on from its checkpoint. Nodes that are not named do not.",
    )
    first_wait_secs: float = Field(
        10.0, ge=0, description="Before a node starts again for the first time; each wait is twice the one before."
    )
