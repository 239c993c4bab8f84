"""The config's section `compress`. Needs neither TensorFlow nor TFX."""

import json
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from components.evaluator.options import MetricGate
from components.sections import Section
from compression.choice import Budgets
from compression.precisions import DEFAULT_PRECISIONS, Precision
from compression.recipe import Recipe
from records.variants import REFERENCE
from serving.flex_delegate import WITHOUT_FLEX, has_flex_delegate


class CompressorOptions(Section):
    """What Compressor reads of the section. The limits are EdgeEvaluator's: another limit converts nothing anew."""

    variants: tuple[Precision | Recipe, ...]
    calibration_examples: int
    select_ops: tuple[str, ...]
    budgets: Budgets


class CompressConfig(Section):
    """The TFLite variants and the limits of the converted files."""

    variants: tuple[Precision | Recipe, ...] = Field(
        DEFAULT_PRECISIONS,
        min_length=1,
        description="Precisions of the trained model, and recipes that change it and train it further.",
    )
    required: tuple[str, ...] = Field(
        (), description="Names of variants without which nothing is pushed; others that miss a limit are left out."
    )
    calibration_examples: int = Field(256, ge=1, description="Train examples that int8 ranges are measured on.")
    select_ops: tuple[Annotated[str, Field(pattern=r"^tf\.")], ...] = Field(
        (), description="Ops such as tf.Qr that TFLite lacks and files may need; devices then need its Flex delegate."
    )
    budgets: Budgets = Field(default_factory=Budgets, description="What the variant that is chosen may cost.")
    gates: dict[str, MetricGate] = Field(
        default_factory=dict, description="Limits by metric, of each variant; max_worsening is against float32."
    )

    # Delete when TFX 1.16 goes, with the option, which would be refused always.
    @field_validator("select_ops")
    @classmethod
    def _select_ops_can_run(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if names and not has_flex_delegate():
            raise ValueError(
                f"{WITHOUT_FLEX}: no such file could be judged here. Received: {', '.join(names)}. Replace these ops "
                f"in the model, or set up the older stack: SLIPWAY_STACK=tfx-1.16 make setup."
            )
        return names

    @model_validator(mode="after")
    def _float32_is_there(self) -> "CompressConfig":
        names = [variant_name(variant) for variant in self.variants]
        if REFERENCE not in self.variants or len(set(names)) != len(names):
            raise ValueError(
                f"variants must hold {REFERENCE}, which the others are compared with, and each variant once. "
                f"Received: {names}."
            )
        unknown = [name for name in self.required if name not in names]
        if unknown:
            raise ValueError(f"required must name variants: {', '.join(names)}. Received: {', '.join(unknown)}.")
        recipes = [variant for variant in self.variants if isinstance(variant, Recipe)]
        distinct = {
            json.dumps([variant.source(), variant.precision, sorted(variant.keep_float)]) for variant in recipes
        }
        if len(distinct) != len(recipes):
            raise ValueError(f"Two recipes of compress.variants must differ in more than the name. Received: {names}.")
        compared = [name for name, gate in self.gates.items() if gate.max_worsening is not None]
        if compared and names == [REFERENCE]:
            raise ValueError(
                f"compress.gates can limit max_worsening where there is a variant beside {REFERENCE}, which it is "
                f"against. Received: variants {names}, max_worsening of {', '.join(compared)}. Add a variant or drop "
                f"the limit."
            )
        return self


def variant_name(variant: Precision | Recipe) -> str:
    """Name of a variant and of its file."""
    return variant if isinstance(variant, str) else variant.name
