"""The nodes that a run would run, and why, without running one: `slipway run --explain`."""

import sys
from collections.abc import Container, Mapping, Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx import types
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import cache_utils, inputs_utils, outputs_utils, runtime_parameter_utils
from tfx.orchestration.portable.mlmd import context_lib
from tfx.proto.orchestration import pipeline_pb2

from inspection.changes import Reasons
from inspection.store import Artifact, NodeExecution, RunStore
from pipeline.planned_nodes import PlannedNode
from pipeline.root import Root

Artifacts = Mapping[str, Sequence[types.Artifact]]


def plan(pipeline: Pipeline, root: Root, *, uncached: Container[str] = ()) -> list[PlannedNode]:
    """The nodes in the order in which they would run.

    By TFX's own keys and look-up, so that what is said is what happens. The store is read, not written.

    Args:
      pipeline: the pipeline, with the connection to its metadata.
      root: root of the pipeline; it need not have been run on.
      uncached: names of nodes that run whatever the cache has.
    """
    if not root.metadata.exists():
        return [PlannedNode(name=node.id, is_cached=False) for node in pipeline.components]
    compiled = compiler.Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: "plan"})
    with metadata.Metadata(pipeline.metadata_connection_config) as handle, _scratch() as scratch:
        planning = _Planning(compiled, handle, scratch, Reasons(RunStore(root.path)), uncached)
        return [planning.node(node.pipeline_node) for node in compiled.nodes]


def _scratch() -> metadata.Metadata:
    """A store in memory, for the keys: TFX names one by registering it."""
    config = metadata_store_pb2.ConnectionConfig()
    config.fake_database.SetInParent()
    return metadata.Metadata(config)


class _Planning:
    """Goes through a compiled pipeline with what earlier nodes would give."""

    def __init__(
        self,
        pipeline: pipeline_pb2.Pipeline,
        handle: metadata.Metadata,
        scratch: metadata.Metadata,
        reasons: Reasons,
        uncached: Container[str],
    ) -> None:
        self._pipeline = pipeline
        self._deployment = runner_utils.extract_local_deployment_config(pipeline)
        self._handle = handle
        self._scratch = scratch
        self._reasons = reasons
        self._uncached = uncached
        self._outputs: dict[str, Artifacts] = {}
        # Of artifacts that are not there yet.
        self._next_id = -1

    def node(self, node: pipeline_pb2.PipelineNode) -> PlannedNode:
        """The planned state of the next node."""
        name = node.node_info.id
        inputs = {
            key: [
                artifact
                for channel in spec.channels
                for artifact in self._outputs[channel.producer_node_query.id][channel.output_key]
            ]
            for key, spec in node.inputs.inputs.items()
        }
        outputs = outputs_utils.OutputsResolver(
            node, self._pipeline.pipeline_info, self._pipeline.runtime_spec
        ).generate_output_artifacts(0)
        parameters = inputs_utils.resolve_parameters_with_schema(node.parameters)
        cached = self._find_cached(node, inputs, outputs, parameters)
        if cached is not None:
            self._outputs[name] = cached
            return PlannedNode(name=name, is_cached=True)
        made = [artifact for artifacts in outputs.values() for artifact in artifacts]
        for artifact in made:
            artifact.id = self._next_id
            self._next_id -= 1
        self._outputs[name] = outputs
        execution = NodeExecution(
            id=sys.maxsize,
            pipeline=self._pipeline.pipeline_info.id,
            node=name,
            state="planned",
            started_secs=0,
            finished_secs=0,
            inputs={key: tuple(_as_read(artifact) for artifact in artifacts) for key, artifacts in inputs.items()},
            outputs={},
            properties={key: _plain(value.field_value) for key, value in parameters.items()},
        )
        reasons = self._reasons.of(execution, outputs=[artifact.id for artifact in made])
        return PlannedNode(name=name, is_cached=False, reasons=reasons)

    def _find_cached(
        self,
        node: pipeline_pb2.PipelineNode,
        inputs: Artifacts,
        outputs: Artifacts,
        parameters: Mapping[str, pipeline_pb2.Value],
    ) -> Artifacts | None:
        """The outputs that the launcher would take from the cache; see its `_prepare_execution`."""
        are_made = all(artifact.id > 0 for artifacts in inputs.values() for artifact in artifacts)
        if node.node_info.id in self._uncached or not are_made:
            return None
        key = cache_utils.get_cache_context(
            self._scratch,
            pipeline_node=node,
            pipeline_info=self._pipeline.pipeline_info,
            executor_spec=runner_utils.extract_executor_spec(self._deployment, node.node_info.id),
            input_artifacts=inputs,
            output_artifacts=outputs,
            parameters=data_types_utils.build_parsed_value_dict(parameters),
        )
        known = self._handle.store.get_context_by_type_and_name(context_lib.CONTEXT_TYPE_EXECUTION_CACHE, key.name)
        return None if known is None else cache_utils.get_cached_outputs(self._handle, cache_context=known)


def _plain(value: metadata_store_pb2.Value) -> Any:
    return getattr(value, value.WhichOneof("value"))


def _as_read(artifact: types.Artifact) -> Artifact:
    """An execution as `inspection.store` gives it, with as much as reasons look at."""
    return Artifact(id=artifact.id, type=artifact.type_name, uri=artifact.uri, created_secs=0, properties={})
