"""A run on this machine, about to start: its root locked, the terminal kept for people."""

import contextlib
import datetime
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import PipelineConfig, load_task
from pipeline.places import Places, local_places
from pipeline.process_start import START_SECS
from pipeline.root import Root
from records.root import LOG_FILE

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.local_run import LocalRun
    from pipeline.planned_nodes import PlannedNode
    from pipeline.repeated_run import RepeatedRun
    from records.run import RunRecord


def root_of(config: PipelineConfig, root: Path | None) -> Root:
    """The root that the command line names, or else the config's."""
    return Root((root or config.root or Path("output") / config.name).resolve())


def explain_run(config: PipelineConfig, *, root: Path | None) -> None:
    """Prints which nodes a run would run, and why.

    Args:
      config: checked.
      root: root of the pipeline, see `session`.

    Raises:
      SourceNotFoundError: the data is not there.
    """
    place = root_of(config, root)
    places = local_places(config, place, fingerprint=load_task(config).source().fingerprint())
    from pipeline.console import quiet_terminal

    with tempfile.TemporaryDirectory() as directory, quiet_terminal(Path(directory) / "explain.log") as console:
        from pipeline.planned_nodes import print_plan

        print_plan(console, _planned_nodes(config, place, places, console))


def _planned_nodes(config: PipelineConfig, root: Root, places: Places, console: "Console") -> "Sequence[PlannedNode]":
    from pipeline.planned_nodes import PlannedNode
    from pipeline.repeated_run import unchanged_run
    from pipeline.run_key import run_key
    from pipeline.source_tree import SourceTree
    from pipeline.uncached_nodes import uncached_nodes

    sources = SourceTree()
    with console.status("Looking for what changed …"):
        earlier = unchanged_run(config, root, key=run_key(config, places, sources))
    if earlier is not None:
        return [PlannedNode(name=node.name, is_cached=True) for node in earlier.nodes]
    with console.status("Starting TensorFlow and TFX …"):
        from pipeline.local_run import local_pipeline
        from pipeline.plan import plan

    pipeline = local_pipeline(config, root, places, sources=sources)
    return plan(pipeline, root, uncached=uncached_nodes(config, root))


class Session:
    """A run that is about to start on a root that it holds. TensorFlow and TFX are imported by `local_run` only."""

    def __init__(
        self, *, config: PipelineConfig, config_path: Path, root: Root, run_id: str, places: Places, console: "Console"
    ) -> None:
        """Args:
        config: checked.
        config_path: where it came from.
        root: prepared and locked.
        run_id: unique in the root.
        places: places of the run.
        console: what the user sees.
        """
        from pipeline.run_key import run_key
        from pipeline.source_tree import SourceTree

        self.console = console
        self._sources = SourceTree()
        with console.status("Looking for what changed …"):
            self._key = run_key(config, places, self._sources)
        self._places = places
        self._common: dict[str, Any] = {
            "config": config,
            "config_path": config_path,
            "root": root,
            "run_id": run_id,
            "console": console,
            "start_secs": START_SECS,
        }

    @property
    def path(self) -> Path:
        """Directory of the run's record and log."""
        return self._common["root"].run(self._common["run_id"])

    def run(self, *, from_node: str | None, to_node: str | None, use_cache: bool, jobs: int = 1) -> None:
        """Runs the nodes as `LocalRun.run` does; by TFX only if one of them is not in the cache."""
        is_whole = use_cache and from_node is None and to_node is None
        repeated = self.repeated_run() if is_whole else None
        if repeated is not None:
            repeated.run()
            return
        local = self.local_run()
        try:
            local.run(from_node=from_node, to_node=to_node, use_cache=use_cache, jobs=jobs)
        finally:
            self._notify(local.record)

    def _notify(self, record: "RunRecord") -> None:
        options = self._common["config"].notify
        if options is not None:
            from pipeline.notify.notify import notify_of

            notify_of(record, options, lambda text: self.console.print(text, highlight=False, soft_wrap=True))

    def repeated_run(self) -> "RepeatedRun | None":
        """The run if all of its nodes are in the cache since the root's last run; None if that takes TFX to tell."""
        from pipeline.repeated_run import RepeatedRun, unchanged_run

        earlier = unchanged_run(self._common["config"], self._common["root"], key=self._key)
        return None if earlier is None else RepeatedRun(earlier, **self._common)

    def local_run(self) -> "LocalRun":
        """The run, by TFX."""
        with self.console.status("Starting TensorFlow and TFX …"):
            from pipeline.local_run import LocalRun

        return LocalRun(places=self._places, key=self._key, sources=self._sources, **self._common)


@contextlib.contextmanager
def session(config: PipelineConfig, *, config_path: Path, root: Path | None) -> Iterator[Session]:
    """While inside, the root is held and what libraries print goes to the run's log.

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
        # A mistake is answered before this import.
        from pipeline.console import quiet_terminal

        with quiet_terminal(place.run(run_id) / LOG_FILE) as console:
            yield Session(
                config=config,
                config_path=config_path,
                root=place,
                run_id=run_id,
                places=local_places(config, place, fingerprint=fingerprint),
                console=console,
            )
