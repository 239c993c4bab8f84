"""A run on this machine, about to start: its root locked, the terminal kept for people."""

import contextlib
import datetime
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import PipelineConfig, load_task
from pipeline.root import Root

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.local_run import LocalRun

# This module is imported as soon as a command that runs something is called.
START_SECS = time.perf_counter()


def root_of(config: PipelineConfig, root: Path | None) -> Root:
    """The root that the command line names, or else the config's."""
    return Root((root or config.root or Path("output") / config.name).resolve())


def explain_run(config: PipelineConfig, *, root: Path | None) -> None:
    """Prints which nodes a run would run, and why.

    Args:
      config: checked.
      root: as for `local_run`.

    Raises:
      SourceNotFoundError: the data is not there.
    """
    fingerprint = load_task(config).source().fingerprint()
    place = root_of(config, root)
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "explain.log") as console:
        with console.status("Starting TensorFlow and TFX …"):
            from pipeline.local_run import local_pipeline, uncached_nodes
            from pipeline.plan import plan, print_plan

        pipeline = local_pipeline(config, place, fingerprint=fingerprint)
        print_plan(console, plan(pipeline, place, uncached=uncached_nodes(config, place)))


@contextlib.contextmanager
def local_run(
    config: PipelineConfig, *, config_path: Path, root: Path | None
) -> Iterator[tuple["LocalRun", "Console"]]:
    """The run and the user's terminal; while inside, the root is held and what libraries print goes to the run's log.

    Args:
      config: checked.
      config_path: where it came from.
      root: default: the config's.

    Raises:
      UsageError: the root cannot be written.
      RunError: another run holds it, or its disk is nearly full.
      SourceNotFoundError: the data is not there.
    """
    fingerprint = load_task(config).source().fingerprint()
    place = root_of(config, root)
    place.prepare()
    run_id = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    with place.lock():
        # TensorFlow and TFX are imported below this line only: a mistake is answered in a second.
        from pipeline.console import quiet_terminal

        with quiet_terminal(place.run(run_id) / "run.log") as console:
            with console.status("Starting TensorFlow and TFX …"):
                from pipeline.local_run import LocalRun

            run = LocalRun(
                config=config,
                config_path=config_path,
                root=place,
                run_id=run_id,
                fingerprint=fingerprint,
                console=console,
                start_secs=START_SECS,
            )
            yield run, console
