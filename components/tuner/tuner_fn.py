"""What TFX's Tuner calls by its dotted path."""

import logging
from typing import Any

import keras_tuner
import tensorflow_transform as tft
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.oracle import Oracle
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.components.tuner.component import TunerFnResult

from components.tuner.options import Choice, FloatRange, TuneOptions, TunerCustomConfig
from tasks.loading import TaskSpec
from tasks.overrides import with_values
from tasks.training import TaskTraining
from training.errors import DivergedError
from training.options import TrainOptions
from training.records import EpochRecord

logger = logging.getLogger("slipway.tuner")

# What Hyperband asks of a trial, beside its hyperparameters.
HYPERBAND_EPOCHS = "tuner/epochs"


def tuner_fn(fn_args: FnArgs) -> TunerFnResult:
    """A search over the config's space, each trial a training by the loop that Trainer uses."""
    config = TunerCustomConfig.model_validate(fn_args.custom_config)
    tuner = TaskTuner(
        oracle(config.tune, epochs=config.tune.epochs or config.train.epochs, seed=config.seed),
        directory=fn_args.working_dir,
        project_name="trials",
    )
    reading = {
        "train_files": fn_args.train_files,
        "eval_files": fn_args.eval_files,
        "feature_spec": tft.TFTransformOutput(fn_args.transform_graph_path).transformed_feature_spec(),
        "seed": config.seed,
        "start": config.start,
    }
    spec = TaskSpec.model_validate_json(config.task_spec)
    search = {"spec": spec, "train": config.train, "tune": config.tune, "reading": reading}
    return TunerFnResult(tuner=tuner, fit_kwargs=search)


class UnknownMetricError(keras_tuner.errors.FatalValueError):
    """The search is for a metric that the task's objective does not report, as only a training shows."""

    title = "Wrong config"
    exit_code = 2


class TaskTuner(BaseTuner):
    """Runs a trial as a training of the task."""

    def run_trial(
        self, trial: Any, *, spec: TaskSpec, train: TrainOptions, tune: TuneOptions, reading: dict[str, Any]
    ) -> dict[str, float]:
        """Returns the best epoch's value of the metric; one that diverged has none, and is no trial that counts.

        Raises:
          UnknownMetricError: nothing of that name is reported, which ends the search after an epoch.
        """
        values = {key: value for key, value in trial.hyperparameters.values.items() if key in tune.space}
        tuned_spec, tuned = with_values(spec, train, values)
        epochs = trial.hyperparameters.values.get(HYPERBAND_EPOCHS, tune.epochs or train.epochs)
        tuned = TrainOptions.model_validate({**tuned.model_dump(), "epochs": max(epochs, _fewest_epochs(tuned))})
        training = TaskTraining(tuned_spec.load(), tuned, **reading)
        try:
            seen = [_metric_value(tune.metric, record) for record in training.records()]
        except DivergedError as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        best = min(seen) if tune.direction == "min" else max(seen)
        logger.info("trial %s: %s %.4f with %s", trial.trial_id, tune.metric, best, values)
        return {tune.metric: best}


def oracle(options: TuneOptions, *, epochs: int, seed: int) -> Oracle:
    """KerasTuner's oracle of the algorithm, over the space."""
    space = keras_tuner.HyperParameters()
    for key, values in options.space.items():
        if isinstance(values, FloatRange):
            space.Float(key, values.min, values.max, sampling="log" if values.log else "linear")
        elif isinstance(values, Choice):
            space.Choice(key, list(values.values))
        else:
            space.Int(key, values.min, values.max, step=values.step)
    common = {
        "objective": keras_tuner.Objective(options.metric, options.direction),
        "hyperparameters": space,
        "allow_new_entries": False,
        "seed": seed,
    }
    if options.algorithm == "hyperband":
        return keras_tuner.oracles.HyperbandOracle(max_epochs=epochs, **common)
    kinds = {
        "random": keras_tuner.oracles.RandomSearchOracle,
        "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
        "grid": keras_tuner.oracles.GridSearchOracle,
    }
    return kinds[options.algorithm](max_trials=options.trials, **common)


def _metric_value(metric: str, record: EpochRecord) -> float:
    if metric not in record.evaluation:
        raise UnknownMetricError(
            f"tune.metric must be one that training reports: {', '.join(record.evaluation)}. Received: {metric!r}."
        )
    return record.evaluation[metric]


def _fewest_epochs(options: TrainOptions) -> int:
    """More than a warm-up takes that the config names; the default is shorter than any training."""
    return 1 if options.schedule.kind == "one_cycle" else int(options.schedule.warmup_epochs or 0) + 1
