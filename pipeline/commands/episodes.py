"""`slipway episodes`."""

from pathlib import Path
from typing import Any

import click

from pipeline.config import load_config, load_task
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.session import root_of
from pipeline.set_option import set_option
from records.root import REGISTRY


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--root", type=LOCAL_PATH, help="What `slipway run` wrote; default: the config's.")
@click.option("--version", "number", type=click.IntRange(min=1), help="Default: the one in production.")
@click.option(
    "--against",
    multiple=True,
    type=LOCAL_PATH,
    help="Another root whose learners join the table; may be repeated.",
)
@set_option
def command(
    config: Path, changes: dict[str, Any], root: Path | None, number: int | None, against: tuple[Path, ...]
) -> None:
    """Draw how a pushed few-shot learner adapts to the test episodes of CONFIG, and compare learners.

    The newest version of each learner in the root's registry is compared on the same episodes: error, parameters that
    adapt, time to adapt, bytes to send for each task. Writes ROOT/episodes/report.html, and into the reports of the
    root's runs.
    """
    from tasks.few_shot.base import FewShot

    pipeline_config = load_config(config, changes)
    task = load_task(pipeline_config, config)
    if not isinstance(task, FewShot):
        raise UsageError(f"CONFIG must be of a few-shot task. Received: {pipeline_config.task} in {config}.")
    from pipeline.console import quiet_terminal
    from studies.episodes.page import EPISODES
    from studies.pushed import find_version, newest_learners

    place = root_of(pipeline_config, root).path
    registry = pipeline_config.push.registry or place / REGISTRY
    version = find_version(registry, pipeline_config.name, number)
    others = newest_learners(registry)
    for other in against:
        found = newest_learners(other / REGISTRY)
        if not found:
            raise UsageError(f"--against must be a root with a pushed few-shot learner. Received: {other}.")
        others += found
    with quiet_terminal(place / EPISODES.folder / "log") as console:
        with console.status("Adapting …"):
            from studies.episodes.study import compare_learners

            results = compare_learners(task, version, [other for other in others if other != version])
        EPISODES.publish(place, {"pipeline": pipeline_config.name, **results}, console)
