"""One run on this machine, from the config to the run record and what the terminal says at the end."""

import contextlib
import datetime
import logging
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline

from components.gates import GateRefused
from inspection.store import RunStore
from pipeline.beam.local import check_engine
from pipeline.beam.lost_workers import local_workers
from pipeline.beam.worker_path import missing_module_advice
from pipeline.config import PipelineConfig, load_task
from pipeline.dag import create_pipeline
from pipeline.data_overview import source_notes
from pipeline.error_causes import describe_error, disk_is_full, user_error
from pipeline.errors import RunError
from pipeline.jobs.processes import Processes, ThisProcess, WorkerProcesses
from pipeline.local_runner import LocalRunner, close_abandoned_executions
from pipeline.node_states import NodeStates
from pipeline.object_stores import prepare_stores
from pipeline.own_task import try_own_task
from pipeline.part import run_options
from pipeline.places import Places
from pipeline.progress import Progress
from pipeline.provenance import git_commit, installed_versions
from pipeline.retries import Retries
from pipeline.root import Root
from pipeline.run_results import add_results
from pipeline.run_summary import print_summary
from pipeline.source_tree import SourceTree
from pipeline.uncached_nodes import uncached_nodes
from records.findings import Finding
from records.root import LOG_FILE
from records.run import NodeRecord, RunRecord
from training.errors import Preempted

logger = logging.getLogger("slipway.run")


def local_pipeline(config: PipelineConfig, root: Root, places: Places, *, sources: SourceTree) -> tfx_pipeline.Pipeline:
    """The DAG of a config on a root of this machine.

    Args:
      config: checked.
      root: root of the pipeline.
      places: places of the run.
      sources: where the code is found.
    """
    pipeline = create_pipeline(config, places, sources=sources)
    pipeline.metadata_connection_config = metadata.sqlite_metadata_connection_config(str(root.metadata))
    return pipeline


class LocalRun:
    """Runs a config once and writes its record."""

    def __init__(
        self,
        *,
        config: PipelineConfig,
        config_path: Path,
        root: Root,
        run_id: str,
        places: Places,
        key: str,
        sources: SourceTree,
        console: Console,
        start_secs: float,
    ) -> None:
        """Args:
        config: checked.
        config_path: where it came from.
        root: prepared and locked.
        run_id: unique in the root.
        places: places of the run.
        key: key of the run, see `pipeline.run_key`.
        sources: where the code is found.
        console: what the user sees.
        start_secs: `time.perf_counter` at the start of the process.
        """
        self.root = root
        self.console = console
        self._start_secs = start_secs
        self._config = config
        task = load_task(config)
        self._metric = task.metrics()[0].name
        self.pipeline = local_pipeline(config, root, places, sources=sources)
        self.record = RunRecord(
            run_id=run_id,
            key=key,
            pipeline=config.name,
            started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            config=config.model_dump(mode="json"),
            versions=installed_versions(),
            git_commit=git_commit(config_path.resolve().parent),
            label_key=task.label_key,
            labels=list(task.labels()),
            nodes=[
                NodeRecord(name=node.id, upstream=sorted(upstream.id for upstream in node.upstream_nodes))
                for node in self.pipeline.components
            ],
        )
        self._places = places
        self._uncached = uncached_nodes(config, root)
        self._refused: tuple[Finding, ...] = ()
        self.progress = Progress(console, [node.name for node in self.record.nodes])
        self._states = NodeStates(
            self.record.nodes,
            self.progress,
            root=root.path,
            run_id=run_id,
            source_notes=partial(source_notes, task.source()),
        )

    def run(self, *, from_node: str | None, to_node: str | None, use_cache: bool, jobs: int = 1) -> None:
        """Runs the nodes, writes the record whatever happens, and prints the summary.

        Args:
          from_node: where to start; None at the beginning.
          to_node: where to stop; None at the end.
          use_cache: whether nodes that did not change are taken from the cache.
          jobs: how many nodes may run at the same time.

        Raises:
          UsageError: an unknown node, nothing between the two, or an object store that cannot be written.
          WrongTaskError: a task that is not shipped would fail after its training.
          GateRefused: a gate refused.
          RunError: a node failed.
          KeyboardInterrupt: on SIGINT or SIGTERM.
          Preempted: on SIGTERM while a model was trained, which goes on from its checkpoint in the next run.
        """
        # Before anything is computed here.
        with (
            local_workers(self._config.beam),
            contextlib.closing(WorkerProcesses(jobs) if jobs > 1 else ThisProcess()) as processes,
        ):
            self._run(processes, from_node=from_node, to_node=to_node, use_cache=use_cache)

    def _run(self, processes: Processes, *, from_node: str | None, to_node: str | None, use_cache: bool) -> None:
        upstream = {node.name: node.upstream for node in self.record.nodes}
        options = run_options(upstream, from_node=from_node, to_node=to_node)
        self.record.from_node, self.record.to_node = from_node, to_node
        self.pipeline.enable_cache = use_cache
        try_own_task(self._config, self.pipeline, self.root, console=self.console, uncached=self._uncached)
        check_engine(self._config.beam)
        prepare_stores(self._places)
        close_abandoned_executions(self.pipeline.metadata_connection_config, self._places.pipeline_root)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        logging.getLogger("slipway").addHandler(self.progress)
        self.progress.heading(self.record.pipeline, self.record.run_id, self.root)
        self._startup_secs = self._secs()
        local = self._config.local
        self._runner = LocalRunner(
            run_id=self.record.run_id,
            observer=self._states,
            uncached=self._uncached,
            retries=Retries(local.retries, local.first_wait_secs),
            processes=processes,
        )
        try:
            with self.progress:
                self._runner.run(self.pipeline, run_options=options)
            self.record.state = "done"
        except GateRefused as refusal:
            self._over("refused", refusal)
            self._refused = refusal.findings
            # What ran beside the gate was ended with it.
            close_abandoned_executions(self.pipeline.metadata_connection_config, self._places.pipeline_root)
            raise
        except (KeyboardInterrupt, Preempted) as interrupt:
            self._over("interrupted", interrupt)
            close_abandoned_executions(self.pipeline.metadata_connection_config, self._places.pipeline_root)
            raise
        except Exception as error:
            logger.exception("the run failed")
            explained = self._explain(error)
            self._over("failed", explained)
            if explained is error:
                raise
            raise explained from error
        finally:
            logging.getLogger("slipway").removeHandler(self.progress)
            self._states.finish()
            self._finish()

    def _finish(self) -> None:
        """Writes the record and prints the summary, as far as the machine still allows it."""
        try:
            self._write_record()
        except OSError as error:
            # The disk may be what ended the run; that is then the error to tell.
            if self.record.state == "done":
                raise self._explain(error) from error
            self.console.print(f"The run record could not be written: {error}", highlight=False, soft_wrap=True)
        else:
            print_summary(self.console, self.record, self.root, metric=self._metric)

    def _over(self, state: str, error: BaseException) -> None:
        self.record.state = state
        self.record.error = str(error) or type(error).__name__

    def _explain(self, error: Exception) -> BaseException:
        """The error as a person can use it; the traceback is in the log."""
        behind = user_error(error)
        if behind is not None:
            return behind
        log = self.root.run(self.record.run_id) / LOG_FILE
        failed = next((node.name for node in self.record.nodes if node.state == "failed"), "the runner")
        if disk_is_full(error):
            return RunError(
                f"{failed} could not write: the disk of {self.root.path} is full. Nothing is half-pushed. Free "
                f"some space and type the same command again: finished nodes are taken from the cache."
            )
        if isinstance(error, LookupError) and failed == "the runner":
            return RunError(
                f"--from needs an earlier run on this root that went past what it skips. Received: {error}. "
                f"Run without --from first."
            )
        told = describe_error(error)
        return RunError(f"{failed} raised {told}{missing_module_advice(told)}\n  The whole story: {log}")

    def _write_record(self) -> None:
        record = self.record
        nodes_secs = self._secs() - self._startup_secs
        executions: list[Any] = RunStore(self.root.path).run(record.run_id) if self.root.metadata.exists() else []
        add_results(record, executions, metric=self._metric, refused=self._refused)
        record.add_times(
            startup_secs=self._startup_secs,
            nodes_secs=nodes_secs,
            executor_secs=self._runner.executor_secs,
            total_secs=self._secs(),
        )
        record.write(self.root.run(record.run_id))

    def _secs(self) -> float:
        return time.perf_counter() - self._start_secs
