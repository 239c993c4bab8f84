"""`slipway report`."""

from pathlib import Path

import click

from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.root_place import ROOT_PLACE


@click.command()
@click.argument("run", default="latest")
@click.option(
    "--root",
    type=ROOT_PLACE,
    help="What `slipway run` wrote, or a pipeline root of Kubeflow's at gs:// or s3://; default: the only one in "
    "`./output` or `*/output`.",
)
@click.option("--out", type=LOCAL_PATH, help="Default: ROOT/runs/RUN/report.html.")
def command(run: str, root: Path | None, out: Path | None) -> None:
    """Write one self-contained HTML report of RUN: an id, the beginning of one, or latest, the last run
    of the whole pipeline (without --from and --to)."""
    from inspection.locate import find_root, find_run
    from inspection.runs import read_run
    from pipeline.console import quiet_terminal
    from records.root import run_directory

    place = find_root(root)
    run_id = find_run(place, run)
    directory = run_directory(place, run_id)
    path = out or directory / "report.html"
    with quiet_terminal(directory / "report.log") as console, console.status("Reading the run …"):
        from inspection.report import render_report
        from studies.all import STUDIES

        found = [study.section(place) for study in STUDIES]
        page = render_report(read_run(place, run_id), studies=[section for section in found if section is not None])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page)
    except OSError as error:
        raise UsageError(f"--out must be a file that can be written. Received: {path} ({error.strerror}).") from None
    click.echo(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB); open it in a browser.")
