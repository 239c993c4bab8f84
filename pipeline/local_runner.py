"""Runs a pipeline on this machine through TFX's launcher.

As TFX's LocalDagRunner does, which tells nobody what it does and runs one node after the other: here each node's start,
end and its executor's own time are passed on, executors may run side by side, and one that lost a connection starts
again. This process alone writes ML Metadata, one node at a time.
"""

import contextlib
import functools
import logging
import threading
import time
from collections.abc import Callable, Container, Iterator
from typing import Any, Protocol

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.dsl.io import fileio
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import (
    data_types,
    launcher,
    outputs_utils,
    partial_run_utils,
    runtime_parameter_utils,
    tfx_runner,
)
from tfx.proto.orchestration import execution_result_pb2, pipeline_pb2

from pipeline.error_causes import describe_error
from pipeline.jobs.execution import OPERATORS, ExecutorOperator, ExecutorSpec
from pipeline.jobs.processes import PreemptedAlone, Processes, ThisProcess, WorkerProcesses
from pipeline.jobs.side_by_side import run_side_by_side
from pipeline.retries import Retries, is_passing
from records.stores import path_at

logger = logging.getLogger("slipway.run")


class Observer(Protocol):
    """Is told what happens to the nodes."""

    def node_started(self, node: str) -> None:
        """The node's launcher begins."""

    def node_finished(self, node: str, *, cached: bool, secs: float, executor_secs: float) -> None:
        """The node is done; `executor_secs` is its executor's own time, zero from the cache. What it raises ends the
        run."""

    def node_failed(self, node: str, error: BaseException, *, secs: float, executor_secs: float) -> None:
        """The node raised `error`, which ends the run."""

    def node_restarted(self, node: str) -> None:
        """The node's executor starts again, after an error that need not come back."""


class LocalRunner(tfx_runner.IrBasedRunner):
    """Runs nodes in topological order and stops at the first that fails, or side by side; see
    `jobs.side_by_side.run_side_by_side`.

    Attributes:
      executor_secs: time in which executors ran, one at least.
    """

    def __init__(
        self,
        *,
        run_id: str,
        observer: Observer,
        uncached: Container[str] = (),
        retries: Retries | None = None,
        processes: Processes | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Args:
        run_id: unique in the store.
        observer: is told what happens, of one node at a time.
        uncached: names of nodes that run whatever the cache has.
        retries: which nodes start again; default: none.
        processes: where executors run; default: here.
        clock: seconds, monotonic.
        """
        self.run_id = run_id
        self.observer = observer
        self.uncached = uncached
        self.executor_secs = 0.0
        self._retries = retries or Retries()
        self._processes = processes or ThisProcess()
        self._clock = clock
        # Held by the node that reads and writes ML Metadata; not while its executor runs.
        self._store = threading.Lock()
        self._executors = 0
        self._since_secs = 0.0

    def run_with_ir(self, pipeline: pipeline_pb2.Pipeline, run_options: pipeline_pb2.RunOptions | None = None) -> None:
        """Runs a compiled pipeline. Raises what a node's executor raises."""
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: self.run_id}
        )
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        wrapper = deployment.metadata_connection_config
        connection = getattr(wrapper, wrapper.WhichOneof("connection_config"))
        if run_options:
            partial_run_utils.mark_pipeline(
                pipeline,
                from_nodes=run_options.partial_run.from_nodes or None,
                to_nodes=run_options.partial_run.to_nodes or None,
                snapshot_settings=run_options.partial_run.snapshot_settings,
            )
        nodes = [
            node.pipeline_node for node in pipeline.nodes if not node.pipeline_node.execution_options.HasField("skip")
        ]
        for node in nodes:
            if node.node_info.id in self.uncached:
                node.execution_options.caching_options.enable_cache = False
            if node.execution_options.run.perform_snapshot:
                with metadata.Metadata(connection) as handle:
                    partial_run_utils.snapshot(handle, pipeline)
        run_node = functools.partial(self._run_node, pipeline, deployment, connection)
        if isinstance(self._processes, WorkerProcesses):
            run_side_by_side(nodes, run_node, self._processes)
        else:
            for node in nodes:
                run_node(node)

    def _run_node(self, pipeline: pipeline_pb2.Pipeline, deployment: Any, connection: Any, node: Any) -> None:
        name = node.node_info.id
        executor_secs: list[float] = []
        operator = functools.partial(ExecutorOperator, functools.partial(self._run_executor, name, executor_secs))
        with self._store:
            node_launcher = launcher.Launcher(
                pipeline_node=node,
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, name),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, name),
                custom_executor_operators=dict.fromkeys(OPERATORS, operator),
            )
            self.observer.node_started(name)
            start_secs = self._clock()
            try:
                node_launcher.launch()
            except BaseException as error:
                secs = self._clock() - start_secs
                self.observer.node_failed(name, error, secs=secs, executor_secs=sum(executor_secs))
                raise
            secs = self._clock() - start_secs
            self.observer.node_finished(name, cached=not executor_secs, secs=secs, executor_secs=sum(executor_secs))

    def _run_executor(
        self, name: str, executor_secs: list[float], spec: ExecutorSpec, info: data_types.ExecutionInfo
    ) -> execution_result_pb2.ExecutorOutput:
        """Runs a node's executor, again where that may help. The store is let go of meanwhile."""
        for wait_secs in self._retries.waits(name):
            try:
                with self._timed(executor_secs):
                    return self._processes.execute(spec, info)
            except (Exception, PreemptedAlone) as error:
                if not is_passing(error):
                    raise
                logger.warning(
                    "%s starts again in %.0f s: %s",
                    name,
                    wait_secs,
                    describe_error(error),
                    extra={"is_milestone": True},
                )
            self.observer.node_restarted(name)
            with self._released():
                self._processes.wait(wait_secs)
            with contextlib.suppress(fileio.NotFoundError):
                outputs_utils.remove_output_dirs(info.output_dict)
            outputs_utils.make_output_dirs(info.output_dict)
        with self._timed(executor_secs):
            return self._processes.execute(spec, info)

    @contextlib.contextmanager
    def _timed(self, executor_secs: list[float]) -> Iterator[None]:
        """Lets go of the store and takes an executor's time, and that in which any ran."""
        start_secs = self._clock()
        self._count(1, start_secs)
        try:
            with self._released():
                yield
        finally:
            end_secs = self._clock()
            self._count(-1, end_secs)
            executor_secs.append(end_secs - start_secs)

    def _count(self, change: int, now_secs: float) -> None:
        """Counts the executors at work. The store is held."""
        if self._executors == 0:
            self._since_secs = now_secs
        self._executors += change
        if self._executors == 0:
            self.executor_secs += now_secs - self._since_secs

    @contextlib.contextmanager
    def _released(self) -> Iterator[None]:
        if self._processes.count == 1:
            # Nobody waits for it, and an interrupt may come between any two lines.
            yield
            return
        self._store.release()
        try:
            yield
        finally:
            self._store.acquire()


def close_abandoned_executions(connection: metadata_store_pb2.ConnectionConfig, pipeline_root: str) -> int:
    """Marks executions that a killed run left RUNNING as CANCELED and removes what they had half written.

    The caller holds the root's lock, so that no live run is meant.

    Args:
      connection: of the root's ML Metadata.
      pipeline_root: where artifacts are, which is not where a killed run had them if the config named another place.

    Returns:
      How many there were.
    """
    with metadata.Metadata(connection) as handle:
        running = {metadata_store_pb2.Execution.RUNNING, metadata_store_pb2.Execution.NEW}
        abandoned = [e for e in handle.store.get_executions() if e.last_known_state in running]
        for execution in abandoned:
            for directory in path_at(pipeline_root).glob(f"*/*/{execution.id}"):
                fileio.rmtree(str(directory))
            execution.last_known_state = metadata_store_pb2.Execution.CANCELED
        if abandoned:
            handle.store.put_executions(abandoned)
    return len(abandoned)
