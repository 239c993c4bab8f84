"""What a run is, written at its beginning, and where a few of its steps spend their time."""

import logging
from collections.abc import Mapping
from pathlib import PurePath

import keras
import tensorflow as tf

from training.hooks import Hook, HookedLoop
from training.records import StepsRecord
from training.summaries.interval import steps_done
from training.writers.base import HParam, Writer

logger = logging.getLogger("slipway.training")


class GraphSummary(Hook):
    """Writes the graph of the model's inference; not again when training goes on from a checkpoint."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def on_train_begin(self, loop: HookedLoop) -> None:
        if steps_done(loop) > 0:
            return
        model = loop.model
        specs = keras.tree.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype, x.name), model.input)
        self._writer.graph(tf.function(lambda inputs: model(inputs, training=False)).get_concrete_function(specs))


class HParamsSummary(Hook):
    """Writes the hyperparameters; not again when training goes on from a checkpoint."""

    def __init__(self, writer: Writer, *, values: Mapping[str, HParam]) -> None:
        self._writer = writer
        self._values = dict(values)

    def on_train_begin(self, loop: HookedLoop) -> None:
        if steps_done(loop) == 0:
            self._writer.hparams(self._values)


class ProfilerWindow(Hook):
    """Records a profile of a few steps for TensorBoard. A profiler that fails is logged, and training goes on.

    The window opens after the graph call that reaches `first_step` and closes after the one that is `steps` further.
    """

    def __init__(self, directory: str | PurePath, *, first_step: int, steps: int) -> None:
        """Raises ValueError when there would be no step in the window."""
        if first_step < 1 or steps < 1:
            raise ValueError(f"first_step and steps must be at least 1. Received: {first_step} and {steps}")
        self._directory = str(directory)
        self._first_step = first_step
        self._steps = steps
        self._is_running = False
        self._is_over = False

    def on_train_begin(self, loop: HookedLoop) -> None:
        self._is_over = steps_done(loop) > self._first_step

    def on_steps(self, record: StepsRecord) -> None:
        if self._is_running and record.step >= self._first_step + self._steps:
            self._stop()
        elif not self._is_over and not self._is_running and record.step >= self._first_step:
            self._start()

    def on_train_end(self) -> None:
        if self._is_running:
            self._stop()

    def _start(self) -> None:
        try:
            tf.profiler.experimental.start(self._directory)
            self._is_running = True
        except Exception as error:
            self._give_up(error)

    def _stop(self) -> None:
        self._is_running = False
        self._is_over = True
        try:
            tf.profiler.experimental.stop()
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._is_over = True
        logger.warning(
            "There is no profile of steps from %d on (%s: %s); training goes on. Is another profiler running, and may "
            "this process write to %s?",
            self._first_step,
            type(error).__name__,
            error,
            self._directory,
        )
