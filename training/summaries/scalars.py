"""What training reports, as curves."""

from collections import defaultdict

from training.hooks import Hook, HookedLoop
from training.records import EpochRecord, StepsRecord
from training.summaries.interval import Interval, steps_done
from training.writers.base import Writer


class ScalarSummaries(Hook):
    """Writes the means of the steps of each interval and of each epoch.

    `train/<name>` are means over the steps since the last interval's end, `examples_per_sec` is that of these steps
    together and `learning_rate` the last step's. `epoch_train/<name>` and `evaluation/<name>` are the epoch's.
    """

    def __init__(self, writer: Writer, *, every_steps: int = 100) -> None:
        """Raises ValueError when every_steps is below one."""
        self._writer = writer
        self._interval = Interval(every=every_steps)
        self._step = 0
        self._restart(0)

    def on_train_begin(self, loop: HookedLoop) -> None:
        self._restart(steps_done(loop))

    def on_steps(self, record: StepsRecord) -> None:
        if record.step <= self._step:
            # After a rollback these steps are taken anew.
            self._restart(record.step - 1)
        steps = record.step - self._step
        self._step = record.step
        self._steps += steps
        self._secs_per_example += steps / max(record.examples_per_sec, 1e-9)
        for name, mean in record.means.items():
            self._sums[name] += mean * steps
        if self._interval.is_due(record.step):
            means = {f"train/{name}": total / self._steps for name, total in self._sums.items()}
            speed = self._steps / self._secs_per_example
            self._writer.scalars(
                record.step, {**means, "learning_rate": record.learning_rate, "examples_per_sec": speed}
            )
            self._restart(record.step)

    def on_epoch(self, record: EpochRecord) -> None:
        train = {f"epoch_train/{name}": value for name, value in record.train.items()}
        evaluation = {f"evaluation/{name}": value for name, value in record.evaluation.items()}
        self._writer.scalars(record.step, {**train, **evaluation})

    def on_train_end(self) -> None:
        self._writer.flush()

    def _restart(self, step: int) -> None:
        self._interval.restart(step)
        self._step = step
        self._steps = 0
        self._secs_per_example = 0.0
        self._sums: dict[str, float] = defaultdict(float)
