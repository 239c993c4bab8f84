"""What training calls while it runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from training.records import EpochRecord, StepsRecord

if TYPE_CHECKING:
    import tensorflow as tf

    from training.loop import Loop


class Hook:
    """Base of hooks: does nothing.

    Hooks are called in the order in which the loop was given them, `on_train_end` in the reverse. One that raises ends
    training.
    """

    @property
    def variables(self) -> "Sequence[tf.Variable]":
        """What it keeps from step to step that training depends on: checkpoints hold it, and a return to an earlier
        state takes it back."""
        return ()

    def on_train_begin(self, loop: "Loop") -> None:
        """Before the first step of this process, after a checkpoint was restored."""

    def on_steps(self, record: StepsRecord) -> None:
        """After each graph call."""

    def on_epoch(self, record: EpochRecord) -> None:
        """After each epoch's evaluation; the model holds its own weights, not their average."""

    def on_train_end(self) -> None:
        """At the end, also when training raised."""
