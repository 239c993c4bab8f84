"""What a step on Kubeflow leaves of itself in the pipeline root, so that runs can be looked at without a server.

Kubeflow's launcher takes away from a step the directories of its outputs, and of a step that failed the log alone
(kubeflow/pipelines 2.17.0: backend/src/v2/component/launcher_v2.go:786). So the record is a file in an output's
directory where it may be, and a line of the log elsewhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from records.findings import Finding
from records.known_fields import known_fields

STEP_FILE = "slipway_step.json"
# What a line of a log begins with that is a record.
STEP_LINE = "slipway-step: "
# What the launcher's own output, the log, begins with; behind it is the number of the attempt.
LOG_OUTPUT = "executor-logs"
# Artifacts in whose directories TFX's own code allows a single file (tfx.utils.io_utils.get_only_uri_in_dir).
SINGLE_FILES = ("Schema", "HyperParameters", "Model")


@dataclass(frozen=True, kw_only=True)
class StepArtifact:
    """An artifact that a step read or wrote; `type` is ML Metadata's name, `uri` is at the pipeline root's store."""

    type: str
    uri: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "StepArtifact":
        """An artifact out of its JSON."""
        return cls(**{**known_fields(cls, values), "uri": str(values["uri"])})


@dataclass(frozen=True, kw_only=True)
class ClusterRun:
    """What is known of a run when its pipeline is compiled.

    Attributes:
      pipeline: its name, as the config has it.
      config: the config with its defaults.
      upstream: {node: the nodes that it waits for}, in the order of the DAG.
      metric: the task's first.
      label_key: the feature that predictions are compared with.
      labels: what its values are called.
    """

    pipeline: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metric: str = ""
    label_key: str = ""
    labels: Sequence[str] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ClusterRun":
        """What was compiled, out of its JSON."""
        return cls(**known_fields(cls, values))


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One step of one run.

    Attributes:
      task_uri: ROOT/PIPELINE/RUN/NODE/ID, below which are its outputs and its log.
      state: done, failed, refused or interrupted.
      error: what ended it, in words; None where it is done.
      started_secs: since the epoch.
      finished_secs: since the epoch.
      properties: the executor's parameters.
      inputs: by channel.
      outputs: by channel; none where it is not done.
      findings: of the gate that refused.
      versions: of the distributions in the step's image.
      run: what was compiled.
    """

    task_uri: str
    state: str = "done"
    error: str | None = None
    started_secs: float = 0.0
    finished_secs: float = 0.0
    properties: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Sequence[StepArtifact]] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[StepArtifact]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    run: ClusterRun = field(default_factory=ClusterRun)

    @classmethod
    def from_json(cls, text: str) -> "StepRecord":
        """A record out of its JSON. Raises ValueError, TypeError, KeyError or AttributeError for what is none."""
        values = json.loads(text)
        return cls(
            **{
                **known_fields(cls, values),
                "task_uri": str(values["task_uri"]),
                "started_secs": float(values.get("started_secs", 0)),
                "finished_secs": float(values.get("finished_secs", 0)),
                "inputs": _channels(values.get("inputs", {})),
                "outputs": _channels(values.get("outputs", {})),
                "findings": list(map(Finding.from_json, values.get("findings", ()))),
                "run": ClusterRun.from_json(values.get("run", {})),
            }
        )

    def as_json(self) -> str:
        """The record as JSON, in one line."""
        return json.dumps(asdict(self))


def _channels(values: Mapping[str, Any]) -> dict[str, list[StepArtifact]]:
    return {name: [StepArtifact.from_json(each) for each in artifacts] for name, artifacts in values.items()}
