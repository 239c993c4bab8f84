"""`slipway inspect`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click


class RunOrCommand(click.Group):
    """A group whose commands may be preceded by nothing: `inspect RUN` means `inspect run RUN`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["runs", *args] if not args or args[0].startswith("-") else ["run", *args]
        return super().parse_args(ctx, args)


root_option = click.option(
    "--root", type=click.Path(path_type=Path), help="What `slipway run` wrote; default: the only one below ./output."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=RunOrCommand, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show runs, nodes, artifacts and the lineage of a pushed model.

    \b
    slipway inspect                    the runs
    slipway inspect latest             one run: its nodes, artifacts and gates; an id or its beginning does as well
    slipway inspect lineage digits/1   a pushed model back to the data; 1 or latest does as well
    """


@command.command()
@root_option
@json_option
def runs(root: Path | None, as_json: bool) -> None:
    """The runs of a root."""
    from inspection.locate import find_root
    from inspection.runs import read_runs

    found = read_runs(find_root(root))
    if as_json:
        _print_json([{"run_id": run.run_id, "state": run.state, **run.record} for run in found])
    else:
        from inspection.terminal import runs_table

        _print(runs_table(found))


@command.command()
@click.argument("run_id", metavar="RUN")
@root_option
@json_option
def run(run_id: str, root: Path | None, as_json: bool) -> None:
    """One run: its nodes, artifacts and gates."""
    from inspection.locate import find_root, find_run
    from inspection.runs import read_run

    place = find_root(root)
    found = read_run(place, find_run(place, run_id))
    if as_json:
        _print_json(asdict(found))
    else:
        from inspection.terminal import run_details

        _print(run_details(found, place.resolve()))


@command.command()
@click.argument("model_version")
@root_option
@json_option
def lineage(model_version: str, root: Path | None, as_json: bool) -> None:
    """A pushed model (digits/1, 1 or latest) back to the data."""
    from inspection import lineage as model_lineage
    from inspection.locate import find_root
    from inspection.store import RunStore

    place = find_root(root)
    store = RunStore(place)
    step = model_lineage.lineage(store, model_lineage.find_pushed_model(store, model_version))
    if as_json:
        _print_json(step.as_json())
    else:
        from inspection.terminal import lineage_tree

        _print(lineage_tree(step, place.resolve()))


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=1))


def _print(renderable: Any) -> None:
    from rich.console import Console

    Console().print(renderable, highlight=False)
