"""`slipway sensitivity`."""

from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config, load_task
from pipeline.local_path import LOCAL_PATH
from pipeline.session import root_of
from pipeline.set_option import set_option
from records.root import REGISTRY


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--root", type=LOCAL_PATH, help="What `slipway run` wrote; default: the config's.")
@click.option(
    "--run",
    default="latest",
    show_default=True,
    help="Whose model and data: an id, the beginning of one, or the last run of the whole pipeline.",
)
@click.option("--version", type=click.IntRange(min=1), help="Try this pushed version instead of the run's model.")
@click.option("--layer", "layers", multiple=True, help="Pattern of paths of layers; default: all with a kernel.")
@click.option("--examples", type=click.IntRange(min=2), default=1024, show_default=True, help="Of the eval split.")
@click.option(
    "--max-drop", type=click.FloatRange(min=0), default=0.01, show_default=True, help="That a layer may cost."
)
@set_option
def command(
    config: Path,
    changes: dict[str, Any],
    root: Path | None,
    run: str,
    version: int | None,
    layers: tuple[str, ...],
    examples: int,
    max_drop: float,
) -> None:
    """Find which layers of CONFIG's trained model mind pruning and rounding, each tried alone.

    Writes ROOT/sensitivity/results.json and report.html, and prints the most sensitive layers and what to exclude.
    """
    pipeline_config = load_config(config, changes)
    task = load_task(pipeline_config, config)
    from inspection.locate import find_root, find_run
    from pipeline.console import quiet_terminal
    from studies.pushed import find_version, trained_model
    from studies.sensitivity.page import SENSITIVITY

    place = find_root(root_of(pipeline_config, root).path)
    run_id = find_run(place, run)
    registry = pipeline_config.push.registry or place / REGISTRY
    name = pipeline_config.name
    pushed = None if version is None else trained_model(find_version(registry, name, version))
    with quiet_terminal(place / SENSITIVITY.folder / "log") as console:
        with console.status("Starting TensorFlow …") as status:
            from studies.run_outputs import read_run_outputs
            from studies.sensitivity.study import measure_sensitivity

            outputs = read_run_outputs(place, run_id)
            results = measure_sensitivity(
                outputs.data(task),
                str(pushed or outputs.trained_model()),
                layers=layers,
                max_examples=examples,
                max_drop=max_drop,
                progress=status.update,
            )
        known = {"pipeline": pipeline_config.name, "run": run_id, "version": version}
        SENSITIVITY.publish(place, {**known, **results}, console)
