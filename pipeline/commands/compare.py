"""`slipway compare`."""

from pathlib import Path

import click

from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.root_place import ROOT_PLACE

root_option = click.option(
    "--root",
    type=ROOT_PLACE,
    help="What `slipway run` wrote, or a pipeline root of Kubeflow's at gs:// or s3://; default: the only one in "
    "`./output` or `*/output`.",
)


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@root_option
@click.option("--out", type=LOCAL_PATH, help="Write the page here; default: ROOT/comparison.html.")
def command(runs: tuple[str, ...], root: Path | None, out: Path | None) -> None:
    """Show what differs between RUNs: config, code, data, metrics and slices; the changes are against the first.

    RUN is an id, the beginning of one, or latest, the last run of the whole pipeline. The terminal has the tables; one
    self-contained HTML file also has the curves, the variants and the data over each other.
    """
    from inspection.comparison import compared
    from inspection.locate import find_root, find_run, run_ids
    from inspection.runs import read_run
    from records.root import run_directory
    from records.run import read_run_outline

    place = find_root(root)
    ids = list(dict.fromkeys(find_run(place, run) for run in runs))
    if len(ids) < 2:
        raise UsageError(
            f"RUN must be given twice at least, for two runs. Received: {', '.join(runs)}. Name another run."
        )
    found = compared([(run_id, read_run(place, run_id)) for run_id in ids])
    if len(found) < len(ids):
        without = ", ".join(sorted(set(ids) - {run.name for run in found}))
        raise UsageError(
            f"A run that is compared must have left its record, at its end. Received: {without}. Wait, or leave it out."
        )
    from rich.console import Console

    from inspection.comparison_page import comparison_values
    from inspection.comparison_terminal import comparison_tables
    from inspection.page import html

    outlines = (read_run_outline(run_directory(place, run_id)) for run_id in run_ids(place))
    values = comparison_values(found, [record for record in outlines if record is not None])
    console = Console(highlight=False)
    for table in comparison_tables(values):
        console.print(table)
    path = out or place / "comparison.html"
    try:
        path.write_text(html("comparison_page.html", **values))
    except OSError as error:
        raise UsageError(f"--out must be a file that can be written. Received: {path} ({error.strerror}).") from None
    click.echo(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB); open it in a browser.")
