"""`slipway run`."""

from pathlib import Path

import click

from pipeline.config import load_config
from pipeline.local_path import LOCAL_PATH
from pipeline.session import local_run


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--root", type=LOCAL_PATH, help="Default: output/NAME.")
@click.option("--from", "from_node", metavar="NODE", help="Start here; what comes before is taken from the last run.")
@click.option("--to", "to_node", metavar="NODE", help="Stop after this node.")
@click.option("--no-cache", is_flag=True, help="Run every node, changed or not.")
def command(config: Path, root: Path | None, from_node: str | None, to_node: str | None, no_cache: bool) -> None:
    """Run the pipeline of CONFIG on this machine.

    Nodes whose inputs, options and code are unchanged are taken from the cache. The run leaves its record and
    log under ROOT/runs, of which `slipway report` makes a page.
    """
    with local_run(load_config(config), config_path=config, root=root) as (run, _):
        run.run(from_node=from_node, to_node=to_node, use_cache=not no_cache)
