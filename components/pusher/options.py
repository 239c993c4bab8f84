"""The config's section `push`. Needs neither TensorFlow nor TFX."""

from typing import Literal

from pydantic import Field

from components.sections import Place, Section


class PushConfig(Section):
    """Where a model goes that passed every gate."""

    registry: Place | None = Field(
        None,
        description="Directory of the registry, relative to the config, or an address such as gs://bucket/registry; "
        "default: ROOT/registry.",
    )
    stage: Literal["candidate", "canary", "production"] = Field(
        "production", description="The label that a pushed version gets."
    )
