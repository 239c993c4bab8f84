"""Fine-tuning, the comparison for meta-learners.

Source: Chen et al., "A Closer Look at Few-shot Classification", ICLR 2019.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from models.few_shot.names import HEAD
from training.meta.learners.gradient import GradientOptions

if TYPE_CHECKING:
    import keras

    from training.meta.learner import Learner
    from training.meta.losses import TaskLoss
    from training.meta.step_weights import StepWeights


class FineTuningOptions(GradientOptions):
    """The baseline: trained on all tasks jointly without an inner loop, then adapted by one."""

    kind: Literal["fine_tuning"]
    adapts: Literal["all", "head"] = Field("all", description="Which weights adapt.")
    classes: int | None = Field(
        None, ge=2, description="Number of train classes to pre-train on, turned ones included; images need it."
    )

    has_running_statistics: ClassVar[bool] = True

    def adapts_layer(self, name: str) -> bool:
        return self.adapts == "all" or name == HEAD

    def check_images(self) -> None:
        if self.classes is None:
            raise ValueError(
                "On images, fine_tuning needs learner.classes: how many classes there are to pre-train on, turned ones "
                "included. Received: none"
            )

    def check_train_classes(self, count: int) -> None:
        if self.classes != count:
            raise ValueError(
                f"learner.classes must be how many classes there are to pre-train on, turned ones included. Received: "
                f"{self.classes}, where there are {count}. Write {count}."
            )

    def build_layer(self, *, network: "keras.Model", loss: "TaskLoss", outputs: int) -> "Learner":
        if loss != "cross_entropy":
            return super().build_layer(network=network, loss=loss, outputs=outputs)
        from training.meta.class_fine_tuner import ClassFineTuner

        assert self.classes is not None, "checked by check_images"
        return ClassFineTuner(network=network, options=self, loss=loss, classes=self.classes)

    def build_step_weights(self) -> "StepWeights":
        """The start alone: training takes no inner step."""
        from training.meta.step_weights import EvenSteps

        return EvenSteps([0])
