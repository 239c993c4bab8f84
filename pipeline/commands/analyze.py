"""`slipway analyze`."""

from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config
from pipeline.grid import load_grid
from pipeline.local_path import LOCAL_PATH
from pipeline.session import session
from pipeline.set_option import set_option


@click.command()
@click.argument("config", type=LOCAL_PATH)
@set_option
@click.option("--grid", required=True, type=LOCAL_PATH, help="YAML: names, each with what differs.")
@click.option("--epochs", type=click.IntRange(min=1), help="The budget of each; default: the config's train.epochs.")
@click.option("--root", type=LOCAL_PATH, help="Default: the config's, or output/NAME beside it.")
def command(config: Path, changes: dict[str, Any], grid: Path, epochs: int | None, root: Path | None) -> None:
    """Train the architectures of a grid on CONFIG's data under one budget, and compare what they cost.

    Draws the eval metric against parameters, FLOPs, int8 size, batch-1 latency and peak memory, with the Pareto front,
    into ROOT/analysis/report.html and the reports of the root's runs. What is trained is not trained again: an
    interrupted analysis goes on where it was.
    """
    pipeline_config = load_config(config, changes)
    if epochs is not None:
        train = {**pipeline_config.train.model_dump(), "epochs": epochs}
        pipeline_config = type(pipeline_config).model_validate({**pipeline_config.model_dump(), "train": train})
    entries = load_grid(grid, pipeline_config)
    with session(pipeline_config, config_path=config, root=root) as started:
        run, console = started.local_run(), started.console
        run.run(from_node=None, to_node="Transform", use_cache=True)
        from inspection.analysis import render, table
        from pipeline.analysis import Analysis, Candidate

        analysis = Analysis(pipeline_config, root=run.root.path, run_id=run.record.run_id)
        candidates = [
            Candidate(name=name, values=values, spec=spec, train=train)
            for name, (values, spec, train) in entries.items()
        ]
        done = analysis.run(candidates)
        for number, candidate in enumerate(candidates, start=1):
            with console.status(f"{candidate.name} ({number} of {len(candidates)}) …"):
                outcome = next(done)
            console.print(f"{candidate.name}: {outcome}", highlight=False, soft_wrap=True)
        with console.status("Measuring …"):
            next(done, None)
        console.print(table(analysis.results))
        page = analysis.results.with_name("report.html")
        page.write_text(render(analysis.results))
        console.print(f"Wrote {page}; open it in a browser.", highlight=False, soft_wrap=True)
