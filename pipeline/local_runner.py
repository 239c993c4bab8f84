"""Runs a pipeline on this machine, one node after the other, through TFX's launcher.

The same as TFX's LocalDagRunner, which tells nobody what it does: here each node's start, end and its executor's own
time are passed on, and executions that a killed run left as RUNNING are closed first.
"""

import functools
import time
from collections.abc import Callable, Container
from typing import Any, Protocol

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.dsl.io import fileio
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import (
    beam_executor_operator,
    launcher,
    partial_run_utils,
    python_executor_operator,
    runtime_parameter_utils,
    tfx_runner,
)
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from records.stores import path_at


class Observer(Protocol):
    """Is told what happens to the nodes."""

    def node_started(self, node: str) -> None:
        """The node's launcher begins."""

    def node_finished(self, node: str, *, cached: bool, secs: float, executor_secs: float) -> None:
        """The node is done; `executor_secs` is its executor's own time, zero from the cache. What it raises ends the
        run."""

    def node_failed(self, node: str, error: BaseException, *, secs: float, executor_secs: float) -> None:
        """The node raised `error`, which ends the run."""


class LocalRunner(tfx_runner.IrBasedRunner):
    """Runs nodes in topological order; stops at the first that fails."""

    def __init__(
        self,
        *,
        run_id: str,
        observer: Observer,
        uncached: Container[str] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Args:
        run_id: unique in the store.
        observer: is told what happens.
        uncached: names of nodes that run whatever the cache has.
        clock: seconds, monotonic.
        """
        self.run_id = run_id
        self.observer = observer
        self.uncached = uncached
        self._clock = clock

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
        for node in (node.pipeline_node for node in pipeline.nodes):
            if node.node_info.id in self.uncached:
                node.execution_options.caching_options.enable_cache = False
            if not node.execution_options.HasField("skip"):
                self._run_node(node, pipeline, deployment, connection)

    def _run_node(self, node: Any, pipeline: pipeline_pb2.Pipeline, deployment: Any, connection: Any) -> None:
        name = node.node_info.id
        executor_secs: list[float] = []
        node_launcher = launcher.Launcher(
            pipeline_node=node,
            mlmd_connection=metadata.Metadata(connection),
            pipeline_info=pipeline.pipeline_info,
            pipeline_runtime_spec=pipeline.runtime_spec,
            executor_spec=runner_utils.extract_executor_spec(deployment, name),
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, name),
            custom_executor_operators=self._timed_operators(executor_secs),
        )
        if node.execution_options.run.perform_snapshot:
            with metadata.Metadata(connection) as handle:
                partial_run_utils.snapshot(handle, pipeline)
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

    def _timed_operators(self, executor_secs: list[float]) -> dict[Any, Any]:
        """TFX's executor operators, which append the time that an executor took."""
        operators = {
            executable_spec_pb2.PythonClassExecutableSpec: python_executor_operator.PythonExecutorOperator,
            executable_spec_pb2.BeamExecutableSpec: beam_executor_operator.BeamExecutorOperator,
        }
        return {spec: functools.partial(self._time, operator, executor_secs) for spec, operator in operators.items()}

    def _time(self, operator: type, executor_secs: list[float], **kwargs: Any) -> Any:
        made = operator(**kwargs)
        run_executor = made.run_executor

        def timed(*args: Any, **kwargs: Any) -> Any:
            start_secs = self._clock()
            try:
                return run_executor(*args, **kwargs)
            finally:
                executor_secs.append(self._clock() - start_secs)

        made.run_executor = timed
        return made


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
