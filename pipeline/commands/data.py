"""`slipway data`: the datasets known by name."""

from pathlib import Path

import click

from data.known.datasets import DATA_DIR_VARIABLE, KNOWN, cache_folder, find
from pipeline.errors import UsageError
from pipeline.known_name import KnownName
from pipeline.local_path import LOCAL_PATH


@click.group()
def command() -> None:
    """List the datasets known by name, and fetch them."""


@command.command("list")
def list_datasets() -> None:
    """Show every known dataset and where it lies on this machine."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what", "licence", "MB", "where"):
        table.add_column(heading, justify="right" if heading == "MB" else "left", overflow="fold")
    for dataset in KNOWN.values():
        place = find(dataset)
        where = str(place) if place else "not here"
        table.add_row(dataset.name, dataset.description, dataset.licence, f"{dataset.size_bytes / 1e6:.1f}", where)
    console = Console()
    console.print(table)
    console.print(f"`slipway data fetch NAME` brings one; {DATA_DIR_VARIABLE} names a folder of your own.", style="dim")


@command.command()
@click.argument("name", type=KnownName(list(KNOWN)))
@click.option("--to", "folder", type=LOCAL_PATH, help="Default: the user's cache.")
def fetch(name: str, folder: Path | None) -> None:
    """Download the dataset NAME from its publisher, going on where an earlier download broke off."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from data.known.fetch import fetch as download

    dataset = KNOWN[name]
    place = folder or cache_folder(dataset)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        with Progress(*columns, TimeRemainingColumn()) as bar:
            tasks = {file.name: bar.add_task(file.name, total=file.size_bytes) for file in dataset.files}
            fetched = download(
                dataset, place, progress=lambda file, done, total: bar.update(tasks[file.name], completed=done)
            )
    except OSError as error:
        raise UsageError(f"--to must be a folder that can be written. Received: {place} ({error.strerror}).") from None
    click.echo(f"{name}: {f'fetched {len(fetched)} files' if fetched else 'already there, and right'}, {place}")
