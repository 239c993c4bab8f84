"""Where training is, and what the epoch under way has come to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.metric_sums import EXAMPLES


@dataclass
class Position:
    """The epoch, counted from one, of which `step_in_epoch` steps are done.

    Attributes:
      sums: sums over the epoch's examples so far, by metric.
      secs: seconds that the epoch took in this process, with the waiting for input.
      waited_secs: seconds for which its steps waited for batches.
      examples_here: number of the epoch's examples that were seen in this process.
    """

    steps_per_epoch: int
    epoch: int = 1
    step_in_epoch: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    secs: float = 0.0
    waited_secs: float = 0.0
    examples_here: float = 0.0

    @property
    def step(self) -> int:
        """Steps done since the start of training."""
        return (self.epoch - 1) * self.steps_per_epoch + self.step_in_epoch

    def add(self, steps: int, sums: Mapping[str, float], *, secs: float, waited_secs: float) -> None:
        """Adds the steps of one graph call."""
        self.step_in_epoch += steps
        self.sums.update(sums)
        self.secs += secs
        self.waited_secs += waited_secs
        self.examples_here += sums[EXAMPLES]

    def next_epoch(self) -> None:
        """Goes on to the epoch after."""
        self.epoch += 1
        self.step_in_epoch = 0
        self.sums = Counter()
        self.secs = self.waited_secs = self.examples_here = 0.0

    def state(self) -> dict[str, Any]:
        """What `from_state` takes, JSON-serializable."""
        return {
            "steps_per_epoch": self.steps_per_epoch,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "sums": dict(self.sums),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Position":
        """The position from which `state` was taken."""
        return cls(
            steps_per_epoch=state["steps_per_epoch"],
            epoch=state["epoch"],
            step_in_epoch=state["step_in_epoch"],
            sums=Counter(state["sums"]),
        )
