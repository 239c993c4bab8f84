"""`slipway run`."""

from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config
from pipeline.local_path import LOCAL_PATH
from pipeline.session import explain_run, session
from pipeline.set_option import set_option


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--root", type=LOCAL_PATH, help="Default: the config's, or output/NAME beside it.")
@click.option("--from", "from_node", metavar="NODE", help="Start here; what comes before is taken from the last run.")
@click.option("--to", "to_node", metavar="NODE", help="Stop after this node.")
@click.option(
    "--span",
    type=click.IntRange(min=0),
    metavar="N",
    help="The span to read of data that comes in spans: --set options.source.span=N.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many nodes may run at the same time."
)
@click.option("--no-cache", is_flag=True, help="Run every node, changed or not.")
@click.option("--explain", is_flag=True, help="Say which nodes would run, and why, and run none.")
@set_option
def command(
    config: Path,
    changes: dict[str, Any],
    root: Path | None,
    from_node: str | None,
    to_node: str | None,
    span: int | None,
    jobs: int,
    no_cache: bool,
    explain: bool,
) -> None:
    """Run the pipeline of CONFIG on this machine.

    Nodes whose inputs, options, code and libraries are unchanged are taken from the cache; of the others the run says
    what changed. With --jobs 2 and more, nodes that need nothing of each other run at the same time, each in a process
    of its own. A run leaves its record and log under ROOT/runs, of which `slipway report` makes a page.
    """
    if span is not None:
        changes = {**changes, "options.source.span": span}
    if explain:
        if from_node or to_node or no_cache:
            raise click.UsageError("--explain takes no --from, --to or --no-cache: it says what the cache holds.")
        explain_run(load_config(config, changes), root=root)
        return
    with session(load_config(config, changes), config_path=config, root=root) as started:
        started.run(from_node=from_node, to_node=to_node, use_cache=not no_cache, jobs=jobs)
