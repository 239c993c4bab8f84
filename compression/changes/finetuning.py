"""Training that goes on after a model was changed, to make up for what the change cost."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from training.batches import Train
from training.checkpoints import CheckpointStore
from training.hooks import Hook
from training.loop import Loop
from training.objective import Objective
from training.optimizers import optimizer
from training.options import ScheduleOptions, TrainOptions
from training.schedules import schedule


def finetune(
    model: keras.Model,
    objective: Objective,
    options: TrainOptions,
    *,
    train: Train,
    evaluation: tf.data.Dataset,
    steps_per_epoch: int,
    hooks: Sequence[Hook] = (),
    strategy: tf.distribute.Strategy | None = None,
    checkpoints: CheckpointStore | None = None,
) -> list[dict[str, float]]:
    """Trains in place for `options.epochs`, the learning rate falling to zero along a cosine.

    The last weights stay: what changes a model bit by bit is done only at the end, so that the best of earlier epochs
    are of another model. For the same reason no average of the weights is kept.

    Args:
      model: what `objective` takes.
      objective: what is minimized.
      options: of training; its epochs and learning rate are those of the fine-tuning.
      train: see `Loop.epochs`.
      evaluation: batches of the eval split.
      steps_per_epoch: train batches in an epoch.
      hooks: are told of steps and epochs.
      strategy: see `Loop`; all is made under its scope.
      checkpoints: where to keep them and to go on from; None keeps none.

    Returns:
      Loss and metrics on the eval split after each epoch that was trained here.
    """
    total_steps = options.epochs * steps_per_epoch
    falling = ScheduleOptions(kind="cosine", warmup_epochs=0)
    loop = Loop(
        model=model,
        objective=objective,
        optimizer=optimizer(options.optimizer, learning_rate=options.learning_rate),
        schedule=schedule(
            falling, peak=options.learning_rate, steps_per_epoch=steps_per_epoch, total_steps=total_steps
        ),
        step=options.step.model_copy(update={"ema": None, "precision": "float32"}),
        strategy=strategy,
        recovery=options.recovery,
        checkpoints=checkpoints,
        checkpoint_every_secs=options.checkpoints.every_secs,
        hooks=hooks,
    )
    records = loop.epochs(train=train, evaluation=evaluation, epochs=options.epochs, steps_per_epoch=steps_per_epoch)
    return [record.evaluation for record in records]
