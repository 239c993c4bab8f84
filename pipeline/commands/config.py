"""`slipway config`."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console

from data.overview import HasOverview
from pipeline.config import load_config, load_task
from pipeline.config_schema import config_schema
from pipeline.data_overview import print_overview
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option
from tasks.base import Task
from tasks.shipped import SHIPPED_TASKS


@click.group()
def command() -> None:
    """Check a config or print its JSON Schema."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
def check(config: Path, changes: dict[str, Any]) -> None:
    """Check CONFIG as `run` would, the data and the place of a model to start from included.

    Prints the config with its defaults, as YAML, and on stderr what the data holds. Of a task of your own, the metrics
    are computed of two examples, which takes TensorFlow's start.
    """
    pipeline_config = load_config(config, changes)
    task = load_task(pipeline_config)
    source = task.source()
    source.fingerprint()
    if pipeline_config.start is not None:
        pipeline_config.start.resolve()
    overview = source.overview() if isinstance(source, HasOverview) else None
    if pipeline_config.task not in SHIPPED_TASKS:
        _check_metrics(task)
    filled = pipeline_config.model_dump(mode="json") | {"options": task.options.model_dump(mode="json")}
    click.echo(yaml.safe_dump(filled, sort_keys=False), nl=False)
    if overview is not None:
        print_overview(Console(stderr=True), overview)


def _check_metrics(task: Task) -> None:
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "check.log"):
        from tasks.metric_check import check_metrics

        check_metrics(task)


@command.command()
def schema() -> None:
    """Print the JSON Schema of a config, for editors; shipped tasks' options included."""
    click.echo(json.dumps(config_schema(), indent=2))
