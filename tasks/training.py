"""A task's model and the loop that trains it, as a config asks for them: the same for Trainer and Tuner."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
from etils import epath

from tasks.base import Task
from tasks.start import Start
from training.checkpoints import CheckpointStore
from training.distribution import is_chief, strategy
from training.early_stopping import EarlyStopping
from training.gap_ratio import GapRatioGuard
from training.hooks import Hook
from training.loop import Loop
from training.optimizers import optimizer
from training.options import TrainOptions
from training.progress import TrainingProgress
from training.records import EpochRecord
from training.schedules import schedule
from training.transfer import transfer_weights
from training.unfreezing import Unfreezing

logger = logging.getLogger("slipway.trainer")


class TaskTraining:
    """One training of a task.

    Attributes:
      model: model to export: trained in place, without what only training needs.
      batch_size: examples in a step, over all devices.
      steps_per_epoch: batches of the train split.
      evaluation: batches of the eval split.
    """

    def __init__(
        self,
        task: Task,
        options: TrainOptions,
        *,
        train_files: Sequence[str],
        eval_files: Sequence[str],
        feature_spec: Mapping[str, Any],
        seed: int,
        start: Start | None = None,
        checkpoints: epath.Path | None = None,
    ) -> None:
        """Args:
        task: task with the model and the objective.
        options: the config's section `train`.
        train_files: patterns of the files that Transform wrote of the train split.
        eval_files: the same of the eval split.
        feature_spec: parsing spec of the transformed features in both.
        seed: seed of weights, order and augmentation.
        start: the model whose weights training starts from; None draws them.
        checkpoints: a directory to keep them in and to go on from.
        """
        # First: several processes have to find each other before TensorFlow computes anything.
        self._strategy = strategy(options.distribution)
        keras.utils.set_random_seed(seed)
        self._task = task
        self._options = options
        num_examples = task.examples_per_epoch(train_files)
        self.batch_size = min(options.batch_size, num_examples)
        self.steps_per_epoch = num_examples // self.batch_size
        reading: dict[str, Any] = {"feature_spec": feature_spec, "batch_size": self.batch_size}
        self._train = task.train_batches(train_files, seed=seed, steps_per_epoch=self.steps_per_epoch, **reading)
        self.evaluation = task.batches(eval_files, **reading)
        self._train_sample = None
        if options.gap_ratio is not None:
            sample = max(1, task.examples_per_epoch(eval_files) // self.batch_size)
            self._train_sample = task.batches(train_files, **reading).take(sample)
        with self._strategy.scope(), _Policy(options.step.precision):
            self.model = task.model()
            if start is not None:
                moved = transfer_weights(self.model, task.load_model(start.weights), fresh=start.fresh)
                logger.info("start: the weights of %d layers are those of %s", len(moved), start.weights)
            self.model = task.with_train_statistics(self.model, train_files, feature_spec=feature_spec)
            self.loop = self._loop(checkpoints)

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes, of several that train together."""
        return is_chief(self._strategy)

    @property
    def replicas(self) -> int:
        """How many devices, in all processes, share each step."""
        return self._strategy.num_replicas_in_sync

    @property
    def resume_step(self) -> int:
        """Step of the checkpoint that training goes on from; 0 where it starts anew."""
        step = self.loop.checkpoints.newest() if self.loop.checkpoints is not None else None
        return step or 0

    def records(self, hooks: Sequence[Hook] = ()) -> Iterator[EpochRecord]:
        """Trains, telling hooks beside the progress that is logged; see `Loop.epochs`."""
        progress = TrainingProgress(total_steps=self._options.epochs * self.steps_per_epoch)
        self.loop.hooks = (progress, *hooks)
        return self.loop.epochs(
            train=self._train,
            evaluation=self.evaluation,
            epochs=self._options.epochs,
            steps_per_epoch=self.steps_per_epoch,
            train_sample=self._train_sample,
        )

    def float32_model(self) -> keras.Model:
        """The trained model, computing in float32 whatever it was trained in: what every exporter and runtime takes."""
        if self._options.step.precision == "float32" and self._options.distribution.strategy == "none":
            return self.model
        model = self._task.model()
        model.set_weights(self.model.get_weights())
        return model

    def _loop(self, checkpoints: epath.Path | None) -> Loop:
        options = self._options
        total_steps = options.epochs * self.steps_per_epoch
        made = optimizer(options.optimizer, learning_rate=options.learning_rate)
        if options.step.precision == "mixed_float16":
            made = keras.optimizers.LossScaleOptimizer(made)
        keep = options.checkpoints
        model = self._task.training_model(self.model)
        return Loop(
            model=model,
            objective=self._task.objective(),
            optimizer=made,
            schedule=schedule(
                options.schedule,
                peak=options.learning_rate,
                steps_per_epoch=self.steps_per_epoch,
                total_steps=total_steps,
            ),
            step=options.step,
            strategy=self._strategy,
            early_stopping=EarlyStopping(patience=options.patience, min_delta=options.min_delta),
            gap_guard=GapRatioGuard(options.gap_ratio) if options.gap_ratio else None,
            recovery=options.recovery,
            unfreezing=Unfreezing(model, options.unfreeze) if options.unfreeze else None,
            checkpoints=CheckpointStore(checkpoints, keep_last=keep.keep_last, keep_best=keep.keep_best)
            if checkpoints
            else None,
            checkpoint_every_secs=keep.every_secs,
        )


class _Policy:
    """Keras's global precision inside this context."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self._name)

    def __exit__(self, *exception: object) -> None:
        keras.config.set_dtype_policy(self._before)
