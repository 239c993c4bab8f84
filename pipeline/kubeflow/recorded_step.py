"""The record of a step, from what the backend and TFX's runner say of it."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from components.gates import GateRefused
from pipeline.error_causes import describe_error, user_error
from pipeline.kubeflow.compiled_run import compiled_run
from pipeline.kubeflow.staging import to_remote
from pipeline.provenance import installed_versions
from records.artifact_files import write_file
from records.properties import STAGED_FROM
from records.step_record import SINGLE_FILES, STEP_FILE, STEP_LINE, StepArtifact, StepRecord
from training.errors import Preempted

Channels = Mapping[str, list[StepArtifact]]


@contextmanager
def recorded(message: pipeline_spec_pb2.ExecutorInput) -> Iterator[list[str]]:
    """Leaves the record of what is done in it, whether or not that comes to an end.

    Args:
      message: as TFX's runner takes it.

    Yields:
      A list that takes the ExecutorOutput, as the backend reads it, once there is one.
    """
    started, written = time.time(), list[str]()
    uris = [each.uri for listed in message.outputs.artifacts.values() for each in listed.artifacts]
    if not uris or _is_worker():
        yield written
        return
    types = _types(message.outputs.artifacts)
    values: dict[str, Any] = {
        "task_uri": to_remote(uris[0]).rpartition("/")[0],
        "started_secs": started,
        "properties": json_format.MessageToDict(message.inputs).get("parameterValues", {}),
        "inputs": _artifacts(message.inputs.artifacts, _types(message.inputs.artifacts)),
        "versions": installed_versions(),
        "run": compiled_run(),
    }
    try:
        yield written
    except BaseException as error:
        _log(StepRecord(**values, **_end(error), finished_secs=time.time()))
        raise
    output = json_format.Parse(written[0], pipeline_spec_pb2.ExecutorOutput())
    record = StepRecord(**values, finished_secs=time.time(), outputs=_artifacts(output.artifacts, types))
    free = [name for name, kind in sorted(types.items()) if kind not in SINGLE_FILES]
    if free:
        write_file(message.outputs.artifacts[free[0]].artifacts[0].uri, STEP_FILE, record.as_json())
    else:
        _log(record)


def _is_worker() -> bool:
    """Whether this process helps another one, which leaves the record."""
    config = json.loads(os.environ.get("TF_CONFIG") or "{}")
    return "chief" in config.get("cluster", {}) and config["task"]["type"] == "worker"


def _types(channels: Any) -> dict[str, str]:
    """{channel: ML Metadata's name of the type}."""
    # Takes seconds, as in `step`.
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils

    parsed = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(channels)
    return {name: artifacts[0].type_name for name, artifacts in parsed.items() if artifacts}


def _artifacts(channels: Any, types: Mapping[str, str]) -> Channels:
    found: dict[str, list[StepArtifact]] = {}
    for name, listed in channels.items():
        for artifact in listed.artifacts:
            properties = json_format.MessageToDict(artifact.metadata)
            uri = properties.pop(STAGED_FROM, to_remote(artifact.uri))
            found.setdefault(name, []).append(StepArtifact(type=types[name], uri=uri, properties=properties))
    return found


def _end(error: BaseException) -> dict[str, Any]:
    behind = user_error(error)
    if isinstance(behind, GateRefused):
        return {"state": "refused", "error": str(behind), "findings": list(behind.findings)}
    state = "interrupted" if isinstance(behind or error, KeyboardInterrupt | Preempted) else "failed"
    return {"state": state, "error": str(behind) if behind else describe_error(error)}


def _log(record: StepRecord) -> None:
    sys.stdout.flush()
    print(f"{STEP_LINE}{record.as_json()}", file=sys.stderr, flush=True)
