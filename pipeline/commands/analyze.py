"""`slipway analyze`."""

from functools import partial
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from pipeline.config import PipelineConfig, load_config, load_task
from pipeline.config_mistakes import validate
from pipeline.local_path import LOCAL_PATH
from pipeline.session import session
from pipeline.set_option import set_option
from studies.architectures.grid import Candidate, load_grid
from tasks.overrides import with_values
from training.options import TrainOptions


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
    candidates = load_candidates(grid, pipeline_config)
    with session(pipeline_config, config_path=config, root=root) as started:
        run, console = started.local_run(), started.console
        run.run(from_node=None, to_node="Transform", use_cache=True)
        from pipeline.step_code import step_code
        from studies.architectures.candidates import Conditions
        from studies.architectures.page import ARCHITECTURES
        from studies.architectures.study import compare_architectures
        from studies.run_outputs import read_run_outputs

        place = run.root.path
        with console.status("Starting …") as status:
            results = compare_architectures(
                candidates,
                Conditions(
                    run=read_run_outputs(place, run.record.run_id),
                    seed=pipeline_config.seed,
                    calibration_examples=pipeline_config.compress.calibration_examples,
                ),
                task=load_task(pipeline_config),
                folder=place / ARCHITECTURES.folder,
                code=step_code(compare_architectures.__module__, pipeline_config.task.rpartition(".")[0]).digest,
                begin=status.update,
                end=lambda name, outcome: console.print(
                    f"{name}: {outcome}", highlight=False, soft_wrap=True, markup=False
                ),
            )
        ARCHITECTURES.publish(place, {"pipeline": pipeline_config.name, **results}, console)


def load_candidates(grid: Path, config: PipelineConfig) -> list[Candidate]:
    """The config with what differs in each entry of a grid file.

    Raises:
      GridError: the file is no grid.
      ConfigError: an entry has values that the task or the training cannot have.
    """
    spec = config.task_spec()
    sections: dict[str, type[BaseModel]] = {"train": TrainOptions, "options": type(spec.load().options)}
    candidates = []
    for name, values in load_grid(grid).items():
        changed = validate(partial(with_values, spec, config.train, values), sections, file=f"{grid}, {name}")
        candidates.append(Candidate(name, values, *changed))
    return candidates
