"""What training calls while it runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from training.records import EpochRecord, StepsRecord

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class HookedLoop(Protocol):
    """What hooks know of the loop that calls them.

    Attributes:
      model: the model in training.
      optimizer: its `iterations` count the steps done.
    """

    model: "keras.Model"
    optimizer: "keras.optimizers.Optimizer"

    def request_gradients(self) -> None:
        """Makes the next graph call a single step whose StepsRecord holds its gradients."""


class Hook:
    """Base of hooks: does nothing.

    Hooks are called in the order in which the loop was given them, `on_train_end` in the reverse. A hook that raises
    ends training.
    """

    @property
    def variables(self) -> "Sequence[tf.Variable]":
        """What the hook keeps from step to step that training depends on: checkpoints hold it, and a return to an
        earlier state takes it back."""
        return ()

    def on_train_begin(self, loop: HookedLoop) -> None:
        """Before the first step of this process, after a checkpoint was restored."""

    def on_steps(self, record: StepsRecord) -> None:
        """After each graph call."""

    def on_epoch(self, record: EpochRecord) -> None:
        """After each epoch's evaluation; the model holds its own weights, not their average."""

    def on_train_end(self) -> None:
        """At the end, also when training raised."""
