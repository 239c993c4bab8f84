"""What a training writes for TensorBoard and for scripts, beside its history."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from etils import epath

from records.model_run import STEPS_FILE
from tasks.base import Task
from training.hooks import Hook
from training.options import TrainOptions
from training.summaries import GraphSummary, HParamsSummary, ProfilerWindow, ScalarSummaries, WeightSummaries
from training.writers import AsyncWriter, GuardedWriter, JsonlWriter, MultiWriter, TensorBoardWriter

TENSORBOARD = "tensorboard"


@contextmanager
def summaries(
    task: Task, options: TrainOptions, evaluation: tf.data.Dataset, directory: epath.Path, *, resume_step: int
) -> Iterator[Sequence[Hook]]:
    """Hooks that write below `directory`; their writers are closed at the end.

    Args:
      task: adds summaries of its own.
      options: options of the training, which TensorBoard shows as its hyperparameters.
      evaluation: batches of the eval split, the first of which is the task's sample.
      directory: folder of this training.
      resume_step: step of the checkpoint that training goes on from, 0 without one.
    """
    wanted = options.summaries
    writers = [GuardedWriter(JsonlWriter(directory / STEPS_FILE, resume_step=resume_step))]
    if wanted.tensorboard:
        writers.append(GuardedWriter(TensorBoardWriter(directory / TENSORBOARD, resume_step=resume_step)))
    writer = AsyncWriter(MultiWriter(writers))
    hooks: list[Hook] = [ScalarSummaries(writer, every_steps=wanted.scalars_every_steps)]
    if wanted.tensorboard:
        hooks += [
            HParamsSummary(writer, values=_flat(options.model_dump(mode="json", exclude={"summaries"}))),
            GraphSummary(writer),
            WeightSummaries(writer, every_steps=wanted.weights_every_steps),
            *task.summaries(writer, next(iter(evaluation)), every_epochs=wanted.samples_every_epochs),
        ]
    if wanted.profile_steps is not None:
        first_step, steps = wanted.profile_steps
        hooks.append(ProfilerWindow(directory / TENSORBOARD, first_step=first_step, steps=steps))
    try:
        yield hooks
    finally:
        writer.close()


def _flat(options: Mapping[str, Any], prefix: str = "") -> dict[str, bool | int | float | str]:
    """Nested options as `section.name`; what is neither a number nor a name, as JSON."""
    flat: dict[str, bool | int | float | str] = {}
    for name, value in options.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, bool | int | float | str) else json.dumps(value)
    return flat
