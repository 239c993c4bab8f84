"""Options of the meta-learners, as configs write them. Needs no TensorFlow."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from training.options import Options

Statistics: TypeAlias = Literal["support", "transductive"]


class GradientOptions(Options):
    """What all learners have that adapt by gradient steps."""

    steps: int = Field(1, ge=1, description="Inner steps, in training and for clients.")
    eval_steps: int | None = Field(None, description="Inner steps up to which metrics are computed; default: steps.")
    rate: float = Field(0.1, gt=0, description="Inner learning rate; where rates are learned, the one to start from.")
    statistics: Statistics = Field(
        "support",
        description="What normalizes queries: the support set, or the queries themselves, which then see each other.",
    )

    @model_validator(mode="after")
    def _evaluates_what_is_trained(self) -> "GradientOptions":
        if self.eval_steps is not None and self.eval_steps < self.steps:
            raise ValueError(
                f"eval_steps must not be fewer than steps. Received: eval_steps={self.eval_steps}, steps={self.steps}"
            )
        return self

    @property
    def last_step(self) -> int:
        """The last step that metrics are computed after."""
        return self.eval_steps or self.steps


class DifferentiatedOptions(GradientOptions):
    """What learners have whose outer loop differentiates the query loss through the inner one."""

    is_first_order: bool = Field(False, description="Take the inner gradients for constants.")
    learned_rates: Literal["none", "step", "parameter"] = Field(
        "none", description="Inner rates that the outer loop learns: of each step and tensor, or of each parameter."
    )
    step_losses: Literal["last", "uniform", "annealed"] = Field(
        "last", description="Which steps' query losses are learned from; annealed: all at first, the last in the end."
    )
    anneal_steps: int = Field(10_000, ge=1, description="Of annealed: outer steps until only the last one counts.")


class MAMLOptions(DifferentiatedOptions):
    """All weights adapt; with learned_rates: parameter, Meta-SGD."""

    kind: Literal["maml"]


class ANILOptions(DifferentiatedOptions):
    """Only the head's weights adapt."""

    kind: Literal["anil"]


class CAVIAOptions(DifferentiatedOptions):
    """Only context variables adapt, which the network takes as an input."""

    kind: Literal["cavia"]
    rate: float = Field(1.0, gt=0, description="Inner learning rate.")
    context: int = Field(5, ge=1, description="Number of context variables.")
    conditioning: Literal["concatenation", "film"] = Field(
        "concatenation", description="How the network takes them: beside its input, or as scales and shifts of layers."
    )


class ReptileOptions(GradientOptions):
    """All weights adapt; the outer loop moves them towards what they came to."""

    kind: Literal["reptile"]
    steps: int = Field(8, ge=1, description="Inner steps, in training and for clients.")
    rate: float = Field(0.02, gt=0, description="Inner learning rate.")


class FineTuningOptions(GradientOptions):
    """The baseline: trained on all tasks jointly without an inner loop, then adapted by one."""

    kind: Literal["fine_tuning"]
    adapts: Literal["all", "head"] = Field("all", description="Which weights adapt.")
    classes: int | None = Field(
        None, ge=2, description="Of images: how many classes there are to pre-train on, turned ones included."
    )


class PrototypeOptions(Options):
    """Classes are the means of their embedded support examples; nothing takes a gradient step."""

    kind: Literal["prototypes"]

    @property
    def steps(self) -> int:
        """None: there is one prediction."""
        return 0

    @property
    def last_step(self) -> int:
        """As `steps`."""
        return 0


GradientLearnerOptions: TypeAlias = MAMLOptions | ANILOptions | CAVIAOptions | ReptileOptions | FineTuningOptions
RegressionLearner: TypeAlias = Annotated[GradientLearnerOptions, Field(discriminator="kind")]
ClassificationLearner: TypeAlias = Annotated[GradientLearnerOptions | PrototypeOptions, Field(discriminator="kind")]
