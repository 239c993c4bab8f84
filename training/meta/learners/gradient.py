"""What the learners share that adapt by gradient steps."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from training.meta.inner_loop_options import InnerLoopOptions, LearnedRates

if TYPE_CHECKING:
    import keras

    from training.meta.learner import Learner
    from training.meta.losses import TaskLoss
    from training.meta.step_weights import StepWeights


class GradientOptions(InnerLoopOptions):
    """Options of a learner whose layer is a GradientLearner."""

    def build_layer(self, *, network: "keras.Model", loss: "TaskLoss", outputs: int) -> "Learner":
        from training.meta.gradient_learner import GradientLearner

        return GradientLearner(network=network, options=self, loss=loss)


class DifferentiatedOptions(GradientOptions):
    """Options of a learner whose outer loop differentiates the query loss through the inner loop."""

    is_first_order: bool = Field(False, description="Take the inner gradients for constants.")
    learned_rates: LearnedRates = Field(
        "none", description="Inner rates that the outer loop learns: of each step and tensor, or of each parameter."
    )
    step_losses: Literal["last", "uniform", "annealed"] = Field(
        "last", description="Which steps' query losses are learned from; annealed: all at first, the last in the end."
    )
    anneal_steps: int = Field(
        10_000, ge=1, description="Outer steps until only the last inner step counts; for step_losses: annealed."
    )

    @property
    def outer_loop_differentiates_steps(self) -> bool:
        return not self.is_first_order

    @property
    def outer_loop_learns_rates(self) -> LearnedRates:
        return self.learned_rates

    def build_step_weights(self) -> "StepWeights":
        from training.meta.step_weights import AnnealedSteps, EvenSteps

        if self.step_losses == "annealed":
            return AnnealedSteps(self.steps, self.anneal_steps)
        return EvenSteps([self.steps] if self.step_losses == "last" else range(1, self.steps + 1))
