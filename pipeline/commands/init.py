"""`slipway init`."""

import json
from importlib.resources import files
from pathlib import Path

import click

from pipeline.config_file import make_importable
from pipeline.config_schema import config_schema
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH

TEMPLATES = ("pipeline.yaml", "my_task.py")
SCHEMA_FILE = "config.schema.json"
# Of the templates.
TASK = "my_task.MyTask"


@click.command()
@click.argument("directory", type=LOCAL_PATH)
def command(directory: Path) -> None:
    """Write a commented config and a task file into DIRECTORY, for your own images."""
    existing = [name for name in (*TEMPLATES, SCHEMA_FILE) if (directory / name).exists()]
    if existing:
        raise UsageError(
            f"init never overwrites. Received: {directory}, which already holds {', '.join(existing)}. "
            f"Name another directory or remove them."
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in TEMPLATES:
            (directory / name).write_text(files("pipeline").joinpath("templates", name).read_text())
        make_importable([directory.resolve()])
        (directory / SCHEMA_FILE).write_text(json.dumps(config_schema([TASK]), indent=2))
    except OSError as error:
        raise UsageError(
            f"init needs a directory that can be written. Received: {directory} ({error.strerror})."
        ) from None
    click.echo(
        f"Wrote {', '.join(TEMPLATES)} to {directory}.\n"
        f"Put images under {directory / 'images'}/CLASS/, then:\n"
        f"  slipway config check {directory / 'pipeline.yaml'}\n"
        f"  slipway run {directory / 'pipeline.yaml'}"
    )
