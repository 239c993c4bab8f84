"""`slipway sensitivity`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.config import PipelineConfig, load_config, load_task
from pipeline.local_path import LOCAL_PATH
from pipeline.session import root_of
from pipeline.set_option import set_option
from records.root import REGISTRY

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.base import Task

# Shares of zeros and bits of weights that are tried.
SPARSITIES, BITS = (0.5, 0.8, 0.9), (8, 4)


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

    place = find_root(root_of(pipeline_config, root).path)
    run_id = find_run(place, run)
    file = None if version is None else _pushed_model(pipeline_config, place, version)
    folder = place / "sensitivity"
    with quiet_terminal(folder / "log") as console:
        from inspection.sensitivity import render, table

        results = _results(task, place, run_id, file, layers, examples, max_drop, console)
        results = {"pipeline": pipeline_config.name, "run": run_id, "version": version, **results}
        (folder / "results.json").write_text(json.dumps(results, indent=1))
        (folder / "report.html").write_text(render(results))
        console.print(table(results))
        for change, names in results["exclude"].items():
            console.print(f"At {change}: exclude: [{', '.join(names)}]", highlight=False, soft_wrap=True, markup=False)
        if not results["exclude"]:
            console.print(f"No layer alone costs more than {max_drop:g}: nothing to exclude.", highlight=False)
        console.print(f"Wrote {folder / 'report.html'}; open it in a browser.", highlight=False, soft_wrap=True)


def _pushed_model(config: PipelineConfig, root: Path, version: int) -> str:
    from components.trainer.start_options import StartOptions

    registry = config.push.registry or str(root / REGISTRY)
    return StartOptions(registry=registry, model=config.name, version=version).resolve().weights


def _results(
    task: "Task",
    root: Path,
    run_id: str,
    file: str | None,
    layers: tuple[str, ...],
    examples: int,
    max_drop: float,
    console: "Console",
) -> dict[str, Any]:
    with console.status("Starting TensorFlow …"):
        from compression.sensitivity import Change, layer_drops, suggested_exclude
        from inspection.locate import RunNotFoundError
        from pipeline.sensitivity import TrainedRun, judge

        trained = TrainedRun(task, root, run_id)
        path = file or trained.model_file
        if path is None:
            raise RunNotFoundError(f"A run must have trained a model. Received: {run_id}, which did not. Name another.")
        model = task.load_model(path)
        judged = judge(task, trained.data, model, examples)
        before = judged()
    metric = task.metrics()[0]
    changes = [Change("sparsity", share) for share in SPARSITIES] + [Change("bits", bits) for bits in BITS]
    drops = []
    with console.status("Trying the layers …") as status:
        for drop in layer_drops(model, judged, changes, higher_is_better=metric.higher_is_better, layers=layers):
            drops.append(drop)
            status.update(f"Tried {drop.layer}, {drop.change} …")
    return {
        "metric": metric.name,
        "before": float(before.mean()),
        "examples": len(before),
        "max_drop": max_drop,
        "drops": [
            {
                "layer": each.layer,
                "weights": each.weights,
                "change": str(each.change),
                "drop": each.drop,
                "low": each.low,
                "high": each.high,
            }
            for each in drops
        ],
        "exclude": {str(change): names for change, names in suggested_exclude(drops, max_drop).items()},
    }
