"""Options of distillation, as configs write them. Needs no TensorFlow."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class DistillationOptions(BaseModel):
    """Training by what the trained model makes of the same examples.

    Frozen; unknown keys are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    student: dict[str, Any] = Field(
        default_factory=dict,
        description="What a new, smaller model has other than the trained one, by dotted key below options, such as "
        "options.model.widths; default: the trained model itself, as the recipe changes it.",
    )
    weight: float = Field(0.7, gt=0, le=1, description="Share of the teacher in the loss.")
    temperature: float = Field(2.0, gt=0, description="Of the probabilities that a classifier's student is taught.")

    @field_validator("student")
    @classmethod
    def _keys_lead_somewhere(cls, student: dict[str, Any]) -> dict[str, Any]:
        for key in student:
            if not key.startswith("options."):
                raise ValueError(f"a key of student must start with options. Received: {key!r}")
        return student
