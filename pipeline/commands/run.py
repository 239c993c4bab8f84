"""`slipway run`."""

import datetime
import time
from pathlib import Path

import click

from pipeline.config import load_config, load_task
from pipeline.root import Root

START_SECS = time.perf_counter()


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--root", type=click.Path(path_type=Path), help="Default: output/NAME.")
@click.option("--from", "from_node", metavar="NODE", help="Start here; what comes before is taken from the last run.")
@click.option("--to", "to_node", metavar="NODE", help="Stop after this node.")
@click.option("--no-cache", is_flag=True, help="Run every node, changed or not.")
def command(config: Path, root: Path | None, from_node: str | None, to_node: str | None, no_cache: bool) -> None:
    """Run the pipeline of CONFIG on this machine.

    Nodes whose inputs, options and code are unchanged are taken from the cache. The run leaves its record, log and
    report under ROOT/runs.
    """
    pipeline_config = load_config(config)
    fingerprint = load_task(pipeline_config).source().fingerprint()
    place = Root((root or Path("output") / pipeline_config.name).resolve())
    place.prepare()
    run_id = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    with place.lock():
        # TensorFlow and TFX are imported below this line only: a mistake is answered in a second.
        from pipeline.console import quiet_terminal

        with quiet_terminal(place.run(run_id) / "run.log") as console:
            with console.status("Starting TensorFlow and TFX …"):
                from pipeline.local_run import LocalRun

            LocalRun(
                config=pipeline_config,
                config_path=config,
                root=place,
                run_id=run_id,
                fingerprint=fingerprint,
                console=console,
                start_secs=START_SECS,
            ).run(from_node=from_node, to_node=to_node, use_cache=not no_cache)
