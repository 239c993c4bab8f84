"""What TFX's Trainer calls by its dotted path."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import keras
import tensorflow_transform as tft
from etils import epath
from tfx.components.trainer.fn_args_utils import FnArgs

from components.trainer.export import export
from components.trainer.model_run import HISTORY_FILE, MODEL_FILE, write_model_facts
from tasks.base import Task
from tasks.loading import task_of
from training.early_stopping import EarlyStopping
from training.input import count_examples, read_examples
from training.loop import EpochRecord, Loop
from training.schedule import warmup_cosine

logger = logging.getLogger("slipway.trainer")


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
            _report(record, epochs=config["train"]["epochs"])
    model.save(str(model_run / MODEL_FILE))
    write_model_facts(model_run, {"parameters": model.count_params()})
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
    num_examples = count_examples(fn_args.train_files)
    batch_size = min(options["batch_size"], num_examples)
    steps_per_epoch = num_examples // batch_size
    schedule = warmup_cosine(
        peak=options["learning_rate"],
        warmup_steps=options["warmup_epochs"] * steps_per_epoch,
        total_steps=options["epochs"] * steps_per_epoch,
    )
    loop = Loop(
        model=model,
        objective=task.objective(),
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=options["weight_decay"]),
        steps_per_execution=options["steps_per_execution"],
        early_stopping=EarlyStopping(patience=options["patience"]),
    )
    reading = {
        "feature_spec": transform_output.transformed_feature_spec(),
        "batch_size": batch_size,
        "to_batch": task.to_batch,
    }
    return loop.epochs(
        train=read_examples(fn_args.train_files, shuffle_seed=seed, **reading),
        evaluation=read_examples(fn_args.eval_files, **reading),
        epochs=options["epochs"],
        steps_per_epoch=steps_per_epoch,
    )


def _report(record: EpochRecord, *, epochs: int) -> None:
    """One line an epoch; the runner draws its progress from `extra`."""
    figures = {f"train {name}": value for name, value in record.train.items()}
    figures |= {f"eval {name}": value for name, value in record.evaluation.items()}
    text = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
    logger.info(
        "epoch %d/%d: %s, %.0f examples/s",
        record.epoch,
        epochs,
        text,
        record.examples_per_sec,
        extra={"progress": record.epoch / epochs},
    )
