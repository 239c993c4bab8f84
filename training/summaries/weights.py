"""How large weights and gradients are."""

import math
from collections.abc import Mapping

import keras
import numpy as np

from training.hooks import Hook, HookedLoop
from training.records import StepsRecord
from training.summaries.interval import Interval, steps_done
from training.writers.base import Writer


class WeightSummaries(Hook):
    """Writes norms and distributions of the model's trainable weights and of their gradients.

    `weight_norm/<path>` and `gradient_norm/<path>` are the L2 norms, `weight_norm/global` and `gradient_norm/global`
    those of all together; `weights/<path>` and `gradients/<path>` the histograms. They are of the step after the one
    that they are due at, whose gradients are asked for then: of the mean loss over the global batch, before clipping.
    """

    def __init__(self, writer: Writer, *, every_steps: int = 1000, histograms: bool = True) -> None:
        """Raises ValueError when every_steps is below one."""
        self._writer = writer
        self._interval = Interval(every=every_steps)
        self._histograms = histograms

    def on_train_begin(self, loop: HookedLoop) -> None:
        self._loop = loop
        self._interval.restart(steps_done(loop))

    def on_steps(self, record: StepsRecord) -> None:
        if record.step < self._interval.start:
            # After a rollback these steps are taken anew.
            self._interval.restart(record.step)
        if not self._interval.is_due(record.step):
            return
        if not record.gradients:
            self._loop.request_gradients()
            return
        self._interval.restart(record.step)
        variables = self._loop.model.trainable_variables
        weights = {variable.path: keras.ops.convert_to_numpy(variable) for variable in variables}
        self._writer.scalars(
            record.step, {**_norms("weight_norm", weights), **_norms("gradient_norm", record.gradients)}
        )
        if self._histograms:
            arrays = {
                **{f"weights/{path}": array for path, array in weights.items()},
                **{f"gradients/{path}": array for path, array in record.gradients.items()},
            }
            self._writer.histograms(record.step, arrays)

    def on_train_end(self) -> None:
        self._writer.flush()


def _norms(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    norms = {path: float(np.linalg.norm(array)) for path, array in arrays.items()}
    total = math.hypot(*norms.values())
    return {f"{prefix}/global": total, **{f"{prefix}/{path}": norm for path, norm in norms.items()}}
