"""What TFX's Trainer calls by its dotted path."""

import copy
import dataclasses
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow_transform as tft
from etils import epath
from tfx.components.trainer.fn_args_utils import FnArgs
from tfx.utils import io_utils

from components.trainer.export import export
from components.trainer.history import History
from components.trainer.options import TrainerCustomConfig
from components.trainer.summaries import summaries
from components.workspace import workspace
from records.model_run import (
    HISTORY_FILE,
    MODEL_FILE,
    TRAINED_MODEL,
    ModelFacts,
    TrainingFacts,
    write_model_facts,
)
from tasks.loading import TaskSpec
from tasks.overrides import with_values
from tasks.training import TaskTraining
from training.processes.together import run_together


def run_fn(fn_args: FnArgs) -> None:
    """Trains the task's model and exports it.

    Leaves the SavedModel where TFX's Trainer publishes it, and in the model run: the Keras model, a line an epoch, what
    TensorBoard shows, and the checkpoints kept. Until it is done all that lies in a workspace of its own, which
    outlives a killed step, so that the next one goes on from there.

    Of several processes that train together, the chief alone leaves something; the others end here when training does.
    With `distribution.workers` they are started here, unless somebody has.
    """
    config = TrainerCustomConfig.model_validate(fn_args.custom_config)
    workers = config.train.distribution.workers
    if workers is not None and "TF_CONFIG" not in os.environ:
        theirs = copy.copy(fn_args)
        # It holds functions, which cannot be sent, and nothing here asks for it.
        theirs.data_accessor = None
        run_together(run_fn, theirs, count=workers)
        return
    tuned = _read_hyperparameters(fn_args)
    spec, options = with_values(TaskSpec.model_validate_json(config.task_spec), config.train, tuned)
    task = spec.load()
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    place = _workspace(fn_args, config.workspaces, tuned)
    place.mkdir(parents=True, exist_ok=True)
    training = TaskTraining(
        task,
        options,
        train_files=fn_args.train_files,
        eval_files=fn_args.eval_files,
        feature_spec=transform_output.transformed_feature_spec(),
        seed=config.seed,
        start=config.start,
        checkpoints=place / "checkpoints",
    )
    with _own_folder(place, training) as folder:
        history = History(folder / HISTORY_FILE)
        with summaries(task, options, training.evaluation, folder, resume_step=training.resume_step) as hooks:
            for record in training.records(hooks):
                history.add(record)
    if not training.is_chief:
        # TFX looks for a model behind this function, and the chief alone writes one.
        sys.exit()
    model = training.float32_model()
    io_utils.copy_dir(str(place), fn_args.model_run_dir)
    model.save(str(epath.Path(fn_args.model_run_dir) / MODEL_FILE))
    trained_by = dataclasses.replace(
        training_facts(history.rows),
        replicas=training.replicas,
        batch_size=training.batch_size,
        replica_batch_size=-(-training.batch_size // training.replicas),
    )
    facts = ModelFacts(parameters=model.count_params(), training=trained_by, hyperparameters=tuned)
    write_model_facts(fn_args.model_run_dir, facts)
    export(task, task.exported_model(model), transform_output, fn_args.serving_model_dir)
    trained = epath.Path(fn_args.serving_model_dir) / TRAINED_MODEL
    trained.parent.mkdir(parents=True)
    (epath.Path(fn_args.model_run_dir) / MODEL_FILE).copy(trained)
    place.rmtree()


@contextmanager
def _own_folder(place: epath.Path, training: TaskTraining) -> Iterator[epath.Path]:
    """Where this process writes while it trains: the workspace if it is the chief, else a folder that goes with it.

    The others write too, for what a hook asks of a step all of them have to compute.
    """
    if training.is_chief:
        yield place
        return
    with tempfile.TemporaryDirectory() as folder:
        yield epath.Path(folder)


def training_facts(rows: Sequence[dict[str, Any]]) -> TrainingFacts:
    """What a training came to, by the rows of its history."""
    shares = sorted(row["input_share"] for row in rows[1:] or rows)
    share = shares[len(shares) // 2]
    bound = "input" if share > 0.5 else "compute"
    return TrainingFacts(
        epochs=len(rows),
        steps=rows[-1]["step"],
        best_epoch=max((row["epoch"] for row in rows if row["is_best"]), default=rows[-1]["epoch"]),
        examples_per_sec=sorted(row["examples_per_sec"] for row in rows)[len(rows) // 2],
        bottleneck=f"{bound}: steps waited for batches {share:.0%} of the time",
        events=tuple(f"epoch {row['epoch']}: {event}" for row in rows for event in row["events"]),
    )


def _read_hyperparameters(fn_args: FnArgs) -> dict[str, Any]:
    """The hyperparameters that Tuner found, by dotted key; none without a Tuner."""
    found = fn_args.hyperparameters["values"] if fn_args.hyperparameters else {}
    return {key: value for key, value in found.items() if key.startswith(("train.", "options."))}


def _workspace(fn_args: FnArgs, workspaces: str, tuned: dict[str, Any]) -> epath.Path:
    """A directory for this training and no other: of the same code, options, seed and data."""
    determines = fn_args.custom_config, tuned, fn_args.transform_output, list(fn_args.train_files)
    return workspace(workspaces, *determines)
