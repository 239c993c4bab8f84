"""What training reports while it runs: log lines, from whose attributes a runner makes what a person sees."""

import datetime
import logging
import time
from collections.abc import Callable, Mapping

from training.hooks import Hook, HookedLoop
from training.records import EpochRecord, StepsRecord

logger = logging.getLogger("slipway.trainer")

# Between two lines about steps.
INTERVAL_SECS = 2.0


class TrainingProgress(Hook):
    """Logs steps now and then, and every epoch. The attribute `progress` of a line is the share of all steps that are
    done, `is_milestone` whether the line is one to keep: that of an epoch."""

    def __init__(self, *, total_steps: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total_steps = total_steps
        self._clock = clock

    def on_train_begin(self, loop: HookedLoop) -> None:
        self._logged_at = self._epoch_began_at = self._clock()
        self._first: tuple[int, float] | None = None

    def on_steps(self, record: StepsRecord) -> None:
        now = self._clock()
        # The first call traces the graph, which says nothing of the calls to come.
        if self._first is None:
            self._first = record.step, now
        if now - self._logged_at < INTERVAL_SECS:
            return
        figures = f"{_figures('train', record.means)}, lr {record.learning_rate:.2g}"
        speed = f"{record.examples_per_sec:,.0f} examples/s"
        told = ", ".join(part for part in (figures, speed, self._eta(record.step, now)) if part)
        self._log(record.step, f"{self._place(record.step)}, {told}", is_milestone=False)

    def on_epoch(self, record: EpochRecord) -> None:
        figures = f"{_figures('train', record.train)}, {_figures('eval', record.evaluation)}"
        speed = f"{record.examples_per_sec:,.0f} examples/s"
        secs = self._clock() - self._epoch_began_at
        told = f"{figures}, lr {record.learning_rate:.2g}, {speed}, {secs:.1f} s"
        self._log(record.step, f"epoch {record.epoch}, {self._place(record.step)}: {told}", is_milestone=True)
        self._epoch_began_at = self._logged_at

    def _eta(self, step: int, now: float) -> str:
        assert self._first is not None
        first_step, first_secs = self._first
        if step == first_step:
            return ""
        secs = (now - first_secs) / (step - first_step) * (self._total_steps - step)
        return f"{datetime.timedelta(seconds=round(secs))} left"

    def _place(self, step: int) -> str:
        return f"step {step}/{self._total_steps}"

    def _log(self, step: int, text: str, *, is_milestone: bool) -> None:
        self._logged_at = self._clock()
        logger.info("%s", text, extra={"progress": step / self._total_steps, "is_milestone": is_milestone})


def _figures(split: str, means: Mapping[str, float]) -> str:
    return ", ".join(f"{split} {name} {value:.4f}" for name, value in means.items())
