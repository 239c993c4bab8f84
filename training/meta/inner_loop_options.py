"""What the inner loop of gradient steps asks a learner's options. Needs no TensorFlow."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from pydantic import Field, model_validator

from training.meta.learner_options import LearnerOptions

Statistics: TypeAlias = Literal["support", "transductive"]
LearnedRates: TypeAlias = Literal["none", "step", "parameter"]


class InnerLoopOptions(LearnerOptions):
    """Options of all learners that adapt by gradient steps."""

    steps: int = Field(1, ge=1, description="Inner steps, in training and for clients.")
    eval_steps: int | None = Field(None, description="Inner steps up to which metrics are computed; default: steps.")
    rate: float = Field(0.1, gt=0, description="Inner learning rate; where rates are learned, the one to start from.")
    statistics: Statistics = Field(
        "support",
        description="What normalizes queries: the support set, or the queries themselves, which then see each other.",
    )

    # A saved layer names its learner by kind alone. A class that declares a kind enters itself by being defined.
    _kinds: ClassVar[dict[str, type["InnerLoopOptions"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in vars(cls).get("__annotations__", {}):
            InnerLoopOptions._kinds.update(dict.fromkeys(get_args(cls.model_fields["kind"].annotation), cls))

    @staticmethod
    def of_saved(values: Mapping[str, Any]) -> "InnerLoopOptions":
        """Options out of what `model_dump` made of them.

        Raises:
          ValueError: no class of this kind has been imported, or the values do not suit it.
        """
        kinds = InnerLoopOptions._kinds
        if values["kind"] not in kinds:
            raise ValueError(
                f"The kind of a saved learner must be one of {', '.join(kinds) or 'none'}. Received: {values['kind']}. "
                "Import the module that defines its options, or load it by training.meta.loading."
            )
        return kinds[values["kind"]].model_validate(values)

    @model_validator(mode="after")
    def _evaluates_what_is_trained(self) -> "InnerLoopOptions":
        if self.eval_steps is not None and self.eval_steps < self.steps:
            raise ValueError(
                f"eval_steps must not be fewer than steps. Received: eval_steps={self.eval_steps}, steps={self.steps}"
            )
        return self

    @property
    def inner_steps(self) -> int:
        return self.steps

    @property
    def last_step(self) -> int:
        return self.eval_steps or self.steps

    @property
    def outer_loop_differentiates_steps(self) -> bool:
        """Whether the outer gradient goes through the inner gradients; else these are constants to it."""
        return False

    @property
    def outer_loop_learns_rates(self) -> LearnedRates:
        """What has an inner rate that the outer loop learns: each step and tensor, each parameter, or none."""
        return "none"

    def adapts_layer(self, name: str) -> bool:
        """Whether the weights of the network's layer of this name adapt; context variables always do."""
        return True
