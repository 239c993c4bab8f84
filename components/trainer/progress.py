"""What training reports while it runs: log lines, from whose attribute `progress` a runner draws a bar."""

import logging
import time
from collections.abc import Callable

from training.loop import EpochRecord

logger = logging.getLogger("slipway.trainer")

# Between two lines about steps.
INTERVAL_SECS = 2.0


class TrainingProgress:
    """Logs steps now and then, and every epoch."""

    def __init__(self, *, total_steps: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total_steps = total_steps
        self._clock = clock
        self._logged_at = clock()
        self._last_epoch = "first epoch"

    def steps(self, step: int) -> None:
        """Takes the number of steps done."""
        if self._clock() - self._logged_at >= INTERVAL_SECS:
            self._log(step, self._last_epoch)

    def epoch(self, record: EpochRecord) -> None:
        """Takes an epoch's record."""
        figures = {f"train {name}": value for name, value in record.train.items()}
        figures |= {f"eval {name}": value for name, value in record.evaluation.items()}
        text = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        self._last_epoch = f"epoch {record.epoch}: {text}, {record.examples_per_sec:,.0f} examples/s"
        self._log(record.step, self._last_epoch)

    def _log(self, step: int, text: str) -> None:
        self._logged_at = self._clock()
        share = step / self._total_steps
        logger.info("step %d/%d, %s", step, self._total_steps, text, extra={"progress": share})
