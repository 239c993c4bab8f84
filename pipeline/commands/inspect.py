"""`slipway inspect`: the runs of a root, one run, the lineage of a pushed model."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.local_path import LOCAL_PATH
from pipeline.root_place import ROOT_PLACE

# What reads and draws is imported when it is used: --help needs none of it.
if TYPE_CHECKING:
    from rich.console import RenderableType

EXAMPLES = [
    ("slipway inspect", "the runs, newest last"),
    ("slipway inspect latest", "one run: nodes, artifacts, gates, and what went wrong"),
    ("slipway inspect 20261120-2351", "the same; any beginning that only one run has"),
    ("slipway inspect lineage digits/3", "a pushed model back to its data; 3 and latest do as well"),
    ("slipway inspect latest --json", "any of these, for programs"),
    (
        "slipway inspect import gs://bucket/slipway --into cluster",
        "what runs on Kubeflow left, as a root",
    ),
]


class RunOrLineage(click.Group):
    """Takes `inspect` for `inspect runs` and `inspect RUN` for `inspect run RUN`, with options before or after."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        word = self._first_word(args)
        if word is None:
            wants_help = not set(args).isdisjoint(ctx.help_option_names)
            return super().parse_args(ctx, args if wants_help else ["runs", *args])
        is_command = args[word] in self.commands
        args = [args[word], *args[:word], *args[word + 1 :]] if is_command else ["run", *args]
        return super().parse_args(ctx, args)

    @staticmethod
    def _first_word(args: list[str]) -> int | None:
        """Where the first argument is that is neither an option nor an option's value."""
        for position, arg in enumerate(args):
            if not arg.startswith("-") and (position == 0 or args[position - 1] != "--root"):
                return position
        return None

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for prefix, words in (("Usage:", ""), ("", "RUN "), ("", "lineage MODEL_VERSION ")):
            formatter.write_usage(ctx.command_path, f"{words}[--root DIR] [--json]", prefix=f"{prefix:7}")
        formatter.write_usage(ctx.command_path, "import PLACE --into ROOT [--run ID]", prefix=f"{'':7}")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = [self.commands["runs"].get_params(ctx), ctx.command.get_params(ctx)]
        options = {p.name: p.get_help_record(ctx) for params in records for p in params}
        with formatter.section("Options"):
            formatter.write_dl([record for record in options.values() if record])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            formatter.write_dl(EXAMPLES, col_max=40)


root_option = click.option(
    "--root",
    type=ROOT_PLACE,
    metavar="DIR",
    help="What `slipway run` wrote to, or a pipeline root of Kubeflow's at gs:// or s3://; default: the only one in "
    "`./output` or `*/output`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group(cls=RunOrLineage, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show the runs of a root, one RUN with its nodes, artifacts and gates, or the lineage of a pushed model.

    RUN is an id, the beginning of one, or `latest`, the last run of the whole pipeline (without --from and --to).
    MODEL_VERSION is digits/3, 3 or `latest`.
    """


@command.command(hidden=True)
@root_option
@json_option
def runs(root: Path | None, as_json: bool) -> None:
    """List the runs of a root."""
    from inspection.locate import find_root
    from inspection.runs import read_overviews

    place = find_root(root)
    found = read_overviews(place)
    if as_json:
        _print_json([asdict(overview) for overview in found])
    elif found:
        from inspection.terminal import runs_table

        _print(runs_table(found))
    else:
        click.echo(f"{place} has no run yet. `slipway run` makes one.")


@command.command(hidden=True)
@click.argument("run_id", metavar="RUN")
@root_option
@json_option
def run(run_id: str, root: Path | None, as_json: bool) -> None:
    """Show one run (an id, the beginning of one, or latest): its nodes, artifacts, gates and error."""
    from inspection.locate import find_root, find_run
    from inspection.runs import read_run

    place = find_root(root)
    found = read_run(place, find_run(place, run_id))
    if as_json:
        _print_json({**asdict(found), "record": found.record.as_json() if found.record else {}})
    else:
        from inspection.terminal import run_details

        _print(run_details(found, place))


@command.command()
@click.argument("model_version")
@root_option
@json_option
def lineage(model_version: str, root: Path | None, as_json: bool) -> None:
    """Show what a pushed model (digits/3, 3 or latest) was made of, back to the data."""
    from inspection import lineage as model_lineage
    from inspection.locate import find_root
    from inspection.store import RunStore
    from records.properties import PUSHED_DESTINATION

    place = find_root(root)
    store = RunStore(place)
    pushed = model_lineage.find_pushed_model(store, model_version)
    step = model_lineage.lineage(store, pushed)
    version = model_lineage.find_registered(pushed)
    heading = {
        "version": model_lineage.model_name(pushed),
        "stage": version.stage if version else None,
        "destination": pushed.properties[PUSHED_DESTINATION],
        "metrics": dict(version.metrics) if version else {},
    }
    if as_json:
        _print_json({**heading, "lineage": step.as_json()})
    else:
        from inspection.terminal import lineage_tree

        _print(lineage_tree(heading, step, place))


@command.command("import")
@click.argument("place")
@click.option("--into", type=LOCAL_PATH, required=True, metavar="ROOT", help="A new directory, or one made by this.")
@click.option("--run", "runs", multiple=True, metavar="ID", help="Kubeflow's id of a run; default: all. Repeatable.")
def import_(place: str, into: Path, runs: tuple[str, ...]) -> None:
    """Bring what runs on Kubeflow left in their pipeline root, PLACE, and make a root of it.

    PLACE is a directory, or an address at gs:// or s3://. Examples and models stay where they are. ROOT is then one
    that `inspect`, `report`, `compare` and `ui` read; the same command again adds the runs that are new.
    """
    from pipeline.console import quiet_terminal

    into.mkdir(parents=True, exist_ok=True)
    with quiet_terminal(into / "import.log") as console, console.status(f"Reading {place} …"):
        from pipeline.cluster_runs.importing import import_runs

        found = import_runs(place, into, runs=runs)
    click.echo(f"{into} has {len(found)} run{'s' if len(found) != 1 else ''}, the last {found[-1]}.")
    click.echo(f"  slipway inspect latest --root {into}")


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=1))


def _print(renderable: "RenderableType") -> None:
    from rich.console import Console

    # Without a terminal nothing is wrapped: other programs read lines.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 10_000
    Console(width=width, highlight=False).print(renderable)
