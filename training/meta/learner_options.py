"""What every learner's options answer, so that nothing else has to tell learners apart. Needs no TensorFlow."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from training.options import Options

if TYPE_CHECKING:
    import keras

    from training.meta.learner import Learner
    from training.meta.losses import TaskLoss
    from training.meta.outer_loss import OuterLoss
    from training.meta.step_weights import StepWeights
    from training.meta.teaching import Teaching


class LearnerOptions(Options):
    """Options of a learner, by `kind`. The defaults are those of a learner that takes no gradient steps.

    A new learner is a subclass in `training.meta.learners` and a member of a union in `training.meta.options`.
    """

    kind: str

    # Whether the network ends in one output for each number that is predicted; else it ends in an embedding.
    has_head: ClassVar[bool] = True
    # Whether the network's normalizations may keep running statistics: those of a body that never adapts may.
    has_running_statistics: ClassVar[bool] = False

    @property
    def inner_steps(self) -> int:
        """Inner steps in training and for clients."""
        return 0

    @property
    def last_step(self) -> int:
        """The last inner step after which metrics are computed."""
        return self.inner_steps

    @property
    def context_size(self) -> int:
        """Number of context variables that the network takes as an input; 0 for a network without."""
        return 0

    @property
    def context_conditioning(self) -> Literal["concatenation", "film"]:
        """How the network takes its context variables; see `models.few_shot.networks`."""
        return "concatenation"

    def check_images(self) -> None:
        """Raises ValueError where these options do not suit the classification of images."""

    def check_train_classes(self, count: int) -> None:
        """Raises ValueError where the learner was told of another number of train classes than there are."""

    def build_layer(self, *, network: "keras.Model", loss: "TaskLoss", outputs: int) -> "Learner":
        """The untrained layer from episodes to predictions.

        Args:
          network: network of single examples; the layer holds it.
          loss: loss of support and query examples.
          outputs: numbers predicted of one example; for classes, the classes of an episode.
        """
        raise NotImplementedError

    def build_step_weights(self) -> "StepWeights":
        """The inner steps whose query losses the outer loop learns from; here the last one of training."""
        from training.meta.step_weights import EvenSteps

        return EvenSteps([self.inner_steps])

    def build_outer_loss(self, *, loss: Callable[[Any, Any], Any], teaching: "Teaching | None") -> "OuterLoss":
        """What the outer loop minimizes; here the loss of the queries.

        Args:
          loss: maps targets and outputs of queries to a loss for each query; see `training.meta.losses`.
          teaching: a teacher's share in the loss; None without a teacher.
        """
        from training.meta.outer_loss import QueryLoss

        return QueryLoss(loss=loss, step_weights=self.build_step_weights(), teaching=teaching)
