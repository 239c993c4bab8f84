"""`slipway config`."""

import json
import tempfile
from pathlib import Path

import click
import yaml

from pipeline.config import load_config, load_task
from pipeline.config_schema import config_schema
from pipeline.local_path import LOCAL_PATH
from tasks.base import Task
from tasks.shipped import SHIPPED_TASKS


@click.group()
def command() -> None:
    """Check a config or print its JSON Schema."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
def check(config: Path) -> None:
    """Check CONFIG as `run` would, the places of the data and of a model to start from included, and print it with its
    defaults. A task of your own is tried: its model is made and its metrics are computed of two examples, which takes
    TensorFlow's start."""
    pipeline_config = load_config(config)
    task = load_task(pipeline_config)
    task.source().fingerprint()
    if pipeline_config.start is not None:
        pipeline_config.start.resolve()
    if pipeline_config.task not in SHIPPED_TASKS:
        _check_task(task)
    filled = pipeline_config.model_dump(mode="json") | {"options": task.options.model_dump(mode="json")}
    click.echo(yaml.safe_dump(filled, sort_keys=False), nl=False)


def _check_task(task: Task) -> None:
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "check.log"):
        from tasks.task_check import check_task

        check_task(task)


@command.command()
def schema() -> None:
    """Print the JSON Schema of a config, for editors; shipped tasks' options included."""
    click.echo(json.dumps(config_schema(), indent=2))
