"""The config's section `card`. Needs neither TensorFlow nor TFX."""

from pydantic import Field

from components.sections import Section


class CardConfig(Section):
    """What a model card says that no record knows; each text may be Markdown, of several lines."""

    description: str = Field("", description="What the model is.")
    intended_use: str = Field("", description="What it is for, and for whom.")
    out_of_scope: str = Field("", description="What it is not for.")
    limitations: str = Field("", description="What is known to be weak or unfair, beside the findings.")
    license: str = Field("", description="Of the model.")
    contact: str = Field("", description="Whom to ask.")
