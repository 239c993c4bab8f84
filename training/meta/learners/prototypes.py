"""Prototypical networks.

Source: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from training.meta.learner_options import LearnerOptions

if TYPE_CHECKING:
    import keras

    from training.meta.learner import Learner
    from training.meta.losses import TaskLoss


class PrototypeOptions(LearnerOptions):
    """Classes are the means of their embedded support examples; nothing takes a gradient step."""

    kind: Literal["prototypes"]

    has_head: ClassVar[bool] = False
    has_running_statistics: ClassVar[bool] = True

    def build_layer(self, *, network: "keras.Model", loss: "TaskLoss", outputs: int) -> "Learner":
        from training.meta.prototypes import PrototypeLearner

        return PrototypeLearner(network=network, way=outputs)
