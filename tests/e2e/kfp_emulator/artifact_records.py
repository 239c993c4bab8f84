"""What the backend keeps of a step's artifacts, and what of it the next step is told.

`MlmdRecords` is KFP's releases up to 2.17.0 (backend/src/v2/metadata), `TaskRecords` its branch without ML Metadata
(mlmd-removal, backend/src/v2/component and driver). Artifacts are RuntimeArtifact in protojson's form.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Protocol

Artifact = dict[str, Any]


class ArtifactRecords(Protocol):
    """Where the launcher records outputs and the driver finds inputs."""

    # Whether a step fails that leaves a declared output unwritten.
    refuses_missing_outputs: bool

    def record(self, output: str, artifact: Mapping[str, Any]) -> str:
        """Keeps an artifact; gives the id by which it is found again."""

    def runtime_artifact(self, artifact_id: str) -> Artifact:
        """What the driver hands to a step as its input."""


class MlmdRecords:
    """Artifacts in ML Metadata: numbered, and without the schema of their type."""

    # launcher_v2.go:825: "We allow components to not produce output files".
    refuses_missing_outputs = False

    def __init__(self) -> None:
        self._artifacts: list[Artifact] = []

    def record(self, output: str, artifact: Mapping[str, Any]) -> str:
        """RecordArtifact (client.go:1214). Raises ValueError: a value that ML Metadata does not take."""
        properties = {key: _mlmd_value(value) for key, value in artifact.get("metadata", {}).items()}
        properties.setdefault("display_name", output)
        properties.setdefault("store_session_info", '{"Provider":"minio","Params":{"fromEnv":"false"}}')
        self._artifacts.append({"uri": artifact["uri"], "metadata": properties})
        return str(len(self._artifacts))

    def runtime_artifact(self, artifact_id: str) -> Artifact:
        """toRuntimeArtifact (converter.go:181) and ToRuntimeArtifact (client.go:245) with the schema of
        GetOutputArtifactsByExecutionId (client.go:1144), which is none."""
        stored = self._artifacts[int(artifact_id) - 1]
        return {"name": artifact_id, **stored, "type": {"instanceSchema": ""}}


class TaskRecords:
    """Artifacts of the API's tasks: named by their output, with their whole schema as the title of their type."""

    # uploadOutputArtifacts (launcher_v2.go:843 of that branch): "declared output artifact … is missing".
    refuses_missing_outputs = True

    def __init__(self) -> None:
        self._artifacts: dict[str, Artifact] = {}

    def record(self, output: str, artifact: Mapping[str, Any]) -> str:
        """uploadOutputArtifacts: an unknown type's schema is kept beside the metadata (inferArtifactType)."""
        artifact_id = str(uuid.uuid4())
        schema = artifact["type"].get("instanceSchema") or artifact["type"].get("schemaTitle")
        self._artifacts[artifact_id] = {
            "name": output,
            "artifactId": artifact_id,
            "uri": artifact["uri"],
            "metadata": dict(artifact.get("metadata", {})),
            "type": {"schemaTitle": schema},
        }
        return artifact_id

    def runtime_artifact(self, artifact_id: str) -> Artifact:
        """convertArtifactToRuntimeArtifact (driver/container.go:660 of that branch)."""
        artifact = dict(self._artifacts[artifact_id])
        if not artifact["metadata"]:
            del artifact["metadata"]
        return artifact


def _mlmd_value(value: Any) -> Any:
    """StructValueToMLMDValue (converter.go:138), seen through toRuntimeArtifact."""
    match value:
        case bool():
            return float(value)
        case str() | int() | float():
            return value
        case list():
            return {"list": value}
        case dict():
            return {"struct": value}
    raise ValueError(f"failed to convert RuntimeArtifact to MLMD artifact: unknown/unsupported value type {value!r}")
