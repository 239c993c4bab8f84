"""`slipway schema`: schemas of raw examples, as files that a person curates."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from data.schema.differences import differences
from data.schema.feature import described
from data.schema.text import read_schema, schema_text
from pipeline.config import load_config, load_task
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.set_option import set_option
from tasks.raw_schema import raw_schema

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

CONFIG_SUFFIXES = (".yaml", ".yml")


@click.group()
def command() -> None:
    """Infer, show and compare schemas of raw examples."""


@command.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--out", type=LOCAL_PATH, help="File to write, which must not be there yet; default: stdout.")
@set_option
def infer(config: Path, changes: dict[str, Any], out: Path | None) -> None:
    """Infer a schema from the train split of CONFIG's source.

    What the task itself says of a feature is kept; the rest is inferred by TensorFlow Data Validation. Says on stderr
    what to look at before the config names the file: features of few values, missing values, domains.
    """
    if out is not None and out.exists():
        raise UsageError(
            f"--out must be a new file, for one that is there may be curated. Received: {out}. Write another, and see "
            f"`slipway schema diff {out} OTHER`."
        )
    pipeline_config = load_config(config, changes)
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "infer.log"):
        from pipeline.schema_inference import infer_train_schema

        inferred = infer_train_schema(load_task(pipeline_config))
    console = Console(stderr=True, highlight=False)
    console.print(f"{len(inferred.schema.feature)} features of {inferred.num_examples:,} train examples", markup=False)
    for note in inferred.notes:
        console.print(f"! {note}", markup=False, soft_wrap=True)
    if out is None:
        click.echo(schema_text(inferred.schema), nl=False)
    else:
        out.write_text(schema_text(inferred.schema))
        console.print(
            f"{out}: look at it, then name it in the config: schema_file: {out.name}", markup=False, soft_wrap=True
        )


@command.command()
@click.argument("place", metavar="CONFIG|FILE")
@click.option("--text", is_flag=True, help="Print the schema's file instead of a table.")
def show(place: str, text: bool) -> None:
    """Show the schema in a file, or that of a config: its file's, or the task's own."""
    schema = _schema_of(place)
    if text:
        click.echo(schema_text(schema), nl=False)
        return
    features = described(schema)
    table = Table("feature", *next(iter(features.values()), {}), box=None, pad_edge=False)
    for name, aspects in features.items():
        table.add_row(name, *aspects.values())
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 10_000).print(table)


@command.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def diff(before: str, after: str) -> None:
    """Say what the schema B says otherwise than A, each a file or a config; exit code 1 where there is a difference."""
    found = list(differences(_schema_of(before), _schema_of(after)))
    for name, difference in found:
        click.echo(f"{name}: {difference}")
    sys.exit(1 if found else 0)


def _schema_of(place: str) -> "schema_pb2.Schema":
    if not place.endswith(CONFIG_SUFFIXES):
        return read_schema(place)
    config = load_config(Path(place))
    return read_schema(config.schema_file) if config.schema_file else raw_schema(load_task(config))
