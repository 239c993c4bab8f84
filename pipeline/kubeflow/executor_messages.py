"""Between what Kubeflow's backends tell a step, or want to hear of it, and what TFX's executor runner reads and writes.

The backends are those of kubeflow/pipelines, with ML Metadata (up to release 2.17.0) and on its branch without it, and
Vertex AI Pipelines, for which TFX's runner is made.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.errors import ConfigError
from pipeline.kubeflow.staging import DIRECTORIES, READ_BY_TENSORFLOW, to_local, to_remote
from records.properties import STAGED_FROM

# Types of the backend's own outputs, of which TFX has no classes: `executor-logs`, which the launcher writes.
BACKEND_TYPES = "system."
# Parameters that name places which outlive a run; no backend copies them.
PLACES = ("registry", "workspaces", "passed_data")


def runner_input(text: str, inputs_spec: str) -> pipeline_spec_pb2.ExecutorInput:
    """What TFX's runner can take: inputs with their types, all that can be read, and the component's outputs alone.

    Args:
      text: a backend's ExecutorInput, as JSON.
      inputs_spec: the component's ComponentInputsSpec, as JSON.

    Raises:
      ConfigError: an artifact, the registry or the workspaces lie where a step cannot read.
    """
    message = json_format.Parse(text, pipeline_spec_pb2.ExecutorInput(), ignore_unknown_fields=True)
    spec = json_format.Parse(inputs_spec, pipeline_spec_pb2.ComponentInputsSpec(), ignore_unknown_fields=True)
    _refuse_places(json_format.MessageToDict(message.inputs).get("parameterValues", {}))
    for name, given in message.inputs.artifacts.items():
        for artifact in given.artifacts:
            _complete_input(artifact)
            # Kubeflow's backends forget the type or give the whole schema for its title; TFX's compiler wrote it down.
            if name in spec.artifacts:
                artifact.type.CopyFrom(spec.artifacts[name].artifact_type)
    for name, given in list(message.outputs.artifacts.items()):
        if any(artifact.type.schema_title.startswith(BACKEND_TYPES) for artifact in given.artifacts):
            del message.outputs.artifacts[name]
        else:
            for artifact in given.artifacts:
                artifact.uri = to_local(_readable(artifact.uri))
    return message


def backend_output(text: str) -> str:
    """What a backend takes: an ExecutorOutput of TFX's runner whose paths are URIs again, as JSON."""
    message = json_format.Parse(text, pipeline_spec_pb2.ExecutorOutput())
    for written in message.artifacts.values():
        for artifact in written.artifacts:
            artifact.uri = to_remote(artifact.uri)
            # ML Metadata has no null.
            metadata = {key: each for key, each in _metadata(artifact).items() if each is not None}
            _set_metadata(artifact, _map_text(metadata, to_remote))
    return json_format.MessageToJson(message)


def _complete_input(artifact: Any) -> None:
    metadata = _metadata(artifact)
    if artifact.name.isdecimal():
        metadata = {key: _unwrapped(value) for key, value in metadata.items()}
    metadata = _map_text(metadata, to_local)
    local = to_local(_readable(artifact.uri))
    if local != artifact.uri:
        metadata[STAGED_FROM] = artifact.uri
    _set_metadata(artifact, metadata)
    artifact.uri = local


def _unwrapped(value: Any) -> Any:
    """A list or a dictionary as it was before the backend made it a Struct for ML Metadata, whose artifacts are
    numbered (StructValueToMLMDValue in backend/src/v2/metadata/converter.go)."""
    if isinstance(value, dict) and len(value) == 1:
        for wrapping, kind in (("list", list), ("struct", dict)):
            if isinstance(value.get(wrapping), kind):
                return value[wrapping]
    return value


def _readable(uri: str) -> str:
    scheme, separator, _ = uri.partition("://")
    if separator and scheme + separator not in DIRECTORIES:
        raise ConfigError(
            f"kubeflow.pipeline_root must begin with one of {', '.join(DIRECTORIES)}, which Kubeflow's backends store "
            f"to and a step can read. Received an artifact at {uri}."
        )
    return uri


def _refuse_places(parameters: Mapping[str, Any]) -> None:
    """Raises ConfigError where the registry or the workspaces lie in an object store that TensorFlow cannot read."""
    custom_config = parameters.get("custom_config")
    given = {**(json.loads(custom_config) if custom_config else {}), **parameters}
    for name in PLACES:
        place = str(given.get(name, ""))
        if to_local(place) != place:
            raise ConfigError(
                f"the {name} must be a directory of a mounted volume, or begin with {READ_BY_TENSORFLOW}: Kubeflow's "
                f"launcher copies nothing but artifacts from an object store and to it. Received: {place}."
            )


def _metadata(artifact: Any) -> dict[str, Any]:
    return json_format.MessageToDict(artifact.metadata)


def _set_metadata(artifact: Any, metadata: Mapping[str, Any]) -> None:
    artifact.metadata.Clear()
    artifact.metadata.update(metadata)


def _map_text(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with all its strings changed, keys not."""
    match value:
        case str():
            return change(value)
        case list():
            return [_map_text(each, change) for each in value]
        case dict():
            return {key: _map_text(each, change) for key, each in value.items()}
    return value
