"""What TFX's Trainer calls by its dotted path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import keras
import tensorflow_transform as tft
from etils import epath
from tfx.components.trainer.fn_args_utils import FnArgs

from components.trainer.export import export
from components.trainer.model_run import HISTORY_FILE, MODEL_FILE, write_model_facts
from components.trainer.progress import TrainingProgress
from tasks.base import Task
from tasks.loading import task_of
from training.early_stopping import EarlyStopping
from training.loop import EpochRecord, Loop
from training.schedule import warmup_cosine


def run_fn(fn_args: FnArgs) -> None:
    """Trains the task's model and exports it.

    Leaves the SavedModel where TFX's Trainer publishes it, and in the model run: the Keras model and a line an epoch.
    """
    config = fn_args.custom_config
    task = task_of(config)
    keras.utils.set_random_seed(config["seed"])
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    model_run = epath.Path(fn_args.model_run_dir)
    model_run.mkdir(parents=True, exist_ok=True)

    model = task.model()
    records = train(task, model, transform_output, fn_args, options=config["train"], seed=config["seed"])
    with (model_run / HISTORY_FILE).open("w") as history:
        for record in records:
            history.write(json.dumps(asdict(record)) + "\n")
            history.flush()
    model.save(str(model_run / MODEL_FILE))
    write_model_facts(fn_args.model_run_dir, {"parameters": model.count_params()})
    export(task, model, transform_output, fn_args.serving_model_dir)


def train(
    task: Task,
    model: keras.Model,
    transform_output: tft.TFTransformOutput,
    fn_args: FnArgs,
    *,
    options: Mapping[str, Any],
    seed: int,
) -> Iterator[EpochRecord]:
    """Trains `model` in place, yielding a record an epoch; `options` is the config's section `train`."""
    num_examples = task.examples_per_epoch(fn_args.train_files)
    batch_size = min(options["batch_size"], num_examples)
    steps_per_epoch = num_examples // batch_size
    schedule = warmup_cosine(
        peak=options["learning_rate"],
        warmup_steps=options["warmup_epochs"] * steps_per_epoch,
        total_steps=options["epochs"] * steps_per_epoch,
    )
    progress = TrainingProgress(total_steps=options["epochs"] * steps_per_epoch)
    loop = Loop(
        model=model,
        objective=task.objective(),
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=options["weight_decay"]),
        steps_per_execution=options["steps_per_execution"],
        early_stopping=EarlyStopping(patience=options["patience"]),
        on_steps=progress.steps,
    )
    reading = {"feature_spec": transform_output.transformed_feature_spec(), "batch_size": batch_size}
    for record in loop.epochs(
        train=task.batches(fn_args.train_files, shuffle_seed=seed, **reading),
        evaluation=task.batches(fn_args.eval_files, **reading),
        epochs=options["epochs"],
        steps_per_epoch=steps_per_epoch,
    ):
        progress.epoch(record)
        yield record
