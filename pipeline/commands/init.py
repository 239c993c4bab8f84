"""`slipway init`."""

import json
import re
import unicodedata
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from pipeline.config_file import make_importable
from pipeline.config_schema import config_schema
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.shown_commands import shown_command, shown_path

CONFIG_FILE, SCHEMA_FILE = "pipeline.yaml", "config.schema.json"
# What each template has for a name.
NAME_LINE = "name: my-model"
MAX_NAME_LENGTH = 63


@dataclass(frozen=True, kw_only=True)
class Template:
    """A starter.

    Attributes:
      files: names of the files in `pipeline/templates/NAME`.
      own_tasks: dotted paths of the tasks in its files.
      folder: folder for the user's data, where that is more than a file.
      advice: what to bring, and where in the directory `{place}`.
    """

    files: tuple[str, ...] = (CONFIG_FILE,)
    own_tasks: tuple[str, ...] = ()
    folder: str | None = None
    advice: str


TEMPLATES = {
    "images": Template(
        files=(CONFIG_FILE, "my_task.py"),
        own_tasks=("my_task.MyTask",),
        folder="images",
        advice="Put images into {place}/images/CLASS/, a folder for each class",
    ),
    "series": Template(
        advice="Put a CSV with a column `date` and a column of numbers for each channel at {place}/series.csv"
    ),
    "table": Template(advice="Put a CSV whose first line names its columns, one of them `label`, at {place}/table.csv"),
    "few-shot": Template(
        folder="images",
        advice="Put images into {place}/images/CLASS/, a folder for each class, thirty at least",
    ),
}


@click.command()
@click.argument("directory", type=LOCAL_PATH)
@click.option(
    "--template",
    type=click.Choice(list(TEMPLATES)),
    default="images",
    show_default=True,
    help="What the data is: images to classify, series to forecast, a table, images of classes that few examples tell "
    "apart.",
)
def command(directory: Path, template: str) -> None:
    """Write a commented config for your own data into DIRECTORY, which also names the pipeline.

    Beside it lie the config's JSON Schema, by which editors complete and check it, and for images a task to change.
    """
    place, chosen = directory.resolve(), TEMPLATES[template]
    name = _name(place)
    existing = [file for file in (*chosen.files, SCHEMA_FILE) if (place / file).exists()]
    if existing:
        raise UsageError(
            f"init never overwrites. Received: {directory}, which already holds {', '.join(existing)}. "
            f"Name another directory or remove them."
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
        for file in chosen.files:
            text = (files("pipeline") / "templates" / template / file).read_text()
            (place / file).write_text(text.replace(NAME_LINE, f"name: {name}"))
        make_importable([place])
        (place / SCHEMA_FILE).write_text(json.dumps(config_schema(chosen.own_tasks), indent=2))
        if chosen.folder is not None:
            (place / chosen.folder).mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"init needs a directory that can be written. Received: {directory} ({error.strerror})."
        ) from None
    click.echo(_next_steps(place, chosen, name))


def _name(place: Path) -> str:
    """The pipeline's: the directory's, as a config may have it."""
    letters = unicodedata.normalize("NFKD", place.name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")[:MAX_NAME_LENGTH]
    if not re.match("[a-z]", name):
        raise UsageError(
            f"DIRECTORY names the pipeline, so that its name must begin with one of the letters a to z. Received: "
            f"{place.name or place}. Name another directory, such as my-model."
        )
    return name


def _next_steps(place: Path, template: Template, name: str) -> str:
    config = place / CONFIG_FILE
    return "\n".join(
        [
            f"Wrote {', '.join(template.files)} and {SCHEMA_FILE} to {shown_path(place)}. Editors that heed "
            f"`# yaml-language-server` complete and check {CONFIG_FILE} by {SCHEMA_FILE}.",
            f"{template.advice.format(place=shown_path(place))}. Then:",
            f"  {shown_command('config', 'check', config)}",
            f"  {shown_command('run', config)}",
            f"  {shown_command('report', '--root', place / 'output' / name)}",
        ]
    )
