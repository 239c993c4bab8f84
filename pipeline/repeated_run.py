"""A run for which nothing changed since the last, from the key to what the terminal says at the end.

It ends as `pipeline.local_run` would end it, and needs neither TFX nor TensorFlow, whose import takes longer.
"""

import datetime
import logging
import time
from pathlib import Path

from rich.console import Console

from inspection.store import RunStore
from pipeline.cached_executions import are_outputs_there, register_cached
from pipeline.config import PipelineConfig, load_task
from pipeline.progress import Progress
from pipeline.provenance import git_commit
from pipeline.root import Root
from pipeline.run_summary import print_summary
from pipeline.uncached_nodes import uncached_nodes
from records.run import RunRecord, read_run_record

logger = logging.getLogger("slipway.run")


def unchanged_run(config: PipelineConfig, root: Root, *, key: str) -> RunRecord | None:
    """The record of the root's last run, if it has the key and every node would be taken from the cache.

    With one key the nodes and their properties are the same. The first node then finds the last run's outputs by TFX's
    key of it; from the same inputs so does each node after.

    Args:
      config: checked.
      root: root of the pipeline; it need not have been run on.
      key: key of the run, see `pipeline.run_key`.
    """
    if not root.metadata.exists() or uncached_nodes(config, root):
        return None
    store = RunStore(root.path)
    last = store.run_ids()[-1:]
    record = read_run_record(root.run(last[0])) if last else None
    if record is None:
        return None
    is_whole = record.state == "done" and all(node.state in ("done", "cached") for node in record.nodes)
    if record.key != key or not is_whole or not are_outputs_there(store.store, last[0]):
        return None
    return record


class RepeatedRun:
    """Registers and records a run that takes everything from the cache."""

    def __init__(
        self,
        earlier: RunRecord,
        *,
        config: PipelineConfig,
        config_path: Path,
        root: Root,
        run_id: str,
        console: Console,
        start_secs: float,
    ) -> None:
        """Args:
        earlier: record of the run whose outputs are taken.
        config: checked.
        config_path: where it came from.
        root: prepared and locked.
        run_id: unique in the root.
        console: what the user sees.
        start_secs: `time.perf_counter` at the start of the process.
        """
        self._earlier = earlier.run_id
        self._root = root
        self._console = console
        self._start_secs = start_secs
        self._metric = load_task(config).metrics()[0].name
        self.record = earlier.repeat(
            run_id=run_id,
            started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            git_commit=git_commit(config_path.resolve().parent),
        )

    def run(self) -> None:
        """Registers the executions, writes the record and prints the summary."""
        record = self.record
        progress = Progress(self._console, [node.name for node in record.nodes])
        progress.heading(record.pipeline, record.run_id, self._root)
        logger.info("nothing changed since run %s", self._earlier)
        startup_secs = time.perf_counter() - self._start_secs
        register_cached(RunStore(self._root.path).store, record.run_id, earlier=self._earlier)
        for node in record.nodes:
            progress.finished(node.name, "cached", node.secs)
        total_secs = time.perf_counter() - self._start_secs
        record.add_times(
            startup_secs=startup_secs,
            nodes_secs=total_secs - startup_secs,
            executor_secs=0.0,
            total_secs=total_secs,
        )
        record.write(self._root.run(record.run_id))
        print_summary(self._console, record, self._root, metric=self._metric)
