"""`slipway config`."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console

from data.overview import HasOverview
from pipeline.config import PipelineConfig, load_config, load_task
from pipeline.config_file import make_importable, read_layers
from pipeline.config_keys import OptionGroup, option_groups
from pipeline.config_schema import config_schema
from pipeline.data_overview import print_overview
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option
from tasks.base import Task
from tasks.loading import task_class
from tasks.shipped import SHIPPED_TASKS

task_option = click.option(
    "--task",
    metavar="PATH",
    help="Dotted path of a task, shipped or in a module below the current directory. Default: the shipped ones.",
)


@click.group()
def command() -> None:
    """Check a config, explain its options, print its JSON Schema."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
def check(config: Path, changes: dict[str, Any]) -> None:
    """Check CONFIG as `run` would, the data and the place of a model to start from included.

    Prints the config with its defaults, as YAML, and on stderr what the data holds. A task of your own is tried: its
    model is made and its metrics are computed of two examples, which takes TensorFlow's start.
    """
    pipeline_config = load_config(config, changes)
    task = load_task(pipeline_config)
    source = task.source()
    source.fingerprint()
    if pipeline_config.start is not None:
        pipeline_config.start.resolve()
    overview = source.overview() if isinstance(source, HasOverview) else None
    if pipeline_config.task not in SHIPPED_TASKS:
        _check_task(task)
    filled = pipeline_config.model_dump(mode="json") | {"options": task.options.model_dump(mode="json")}
    click.echo(yaml.safe_dump(filled, sort_keys=False), nl=False)
    if overview is not None:
        print_overview(Console(stderr=True), overview)


def _check_task(task: Task) -> None:
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "check.log"):
        from tasks.task_check import check_task

        check_task(task)


@command.command()
@click.argument("key", required=False)
@task_option
def explain(key: str | None, task: str | None) -> None:
    """Say what KEY is: its type, limits, default and meaning, and the keys below.

    KEY is a dotted key such as train.schedule, or the end of one such as warmup_epochs. Without it, the sections of a
    config.
    """
    from pipeline.explanation import print_found, print_sections
    from pipeline.option_search import find_options

    # Without a terminal nothing is wrapped: other programs read lines.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 10_000)
    groups = list(option_groups(PipelineConfig))
    if key is None:
        print_sections(console, groups)
        return
    found, refusals = [], []
    for name, of_task in {"": groups, **{path: _groups_of(path) for path in _tasks(task)}}.items():
        try:
            found.append((name, find_options(of_task, key)))
        except UsageError as refusal:
            refusals.append(refusal)
    if not found:
        raise next((each for each in refusals if "Did you mean" in str(each)), refusals[0])
    for index, (name, options) in enumerate(found):
        if index:
            console.print()
        if name:
            console.print(f"{name}:", style="dim")
        for each in options:
            print_found(console, each)


@command.command()
@task_option
def reference(task: str | None) -> None:
    """Print the reference of all options, as Markdown."""
    from pipeline.reference import reference as page

    click.echo(page(_tasks(task)), nl=False)


@command.command()
@click.argument("config", type=LOCAL_PATH, required=False)
@task_option
def schema(config: Path | None, task: str | None) -> None:
    """Print the JSON Schema of a config, for editors: with the options of the shipped tasks, and of CONFIG's own."""
    own = list(_tasks(task)) if task else []
    if config is not None:
        layers = read_layers(config)
        make_importable([layer.folder for layer in reversed(layers) if layer.folder is not None])
        named = [layer.values["task"] for layer in layers if isinstance(layer.values.get("task"), str)]
        own += named[-1:]
    click.echo(json.dumps(config_schema(own), indent=2))


def _tasks(task: str | None) -> Sequence[str]:
    if task is None:
        return SHIPPED_TASKS
    make_importable([Path.cwd()])
    return (task,)


def _groups_of(task: str) -> list[OptionGroup]:
    return list(option_groups(task_class(task).Options, ("options",)))
