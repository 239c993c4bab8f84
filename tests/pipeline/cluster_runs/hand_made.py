"""A pipeline root of Kubeflow's, written by hand: two runs, of which the later takes what it can from the cache."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from records.step_record import STEP_FILE, STEP_LINE, ClusterRun, StepArtifact, StepRecord

BASE = "minio://mlpipeline/v2/artifacts"
FIRST, SECOND = "11111111-aaaa", "22222222-bbbb"
# 2026-01-01T00:00:00 and a day later, in UTC.
FIRST_SECS, SECOND_SECS = 1767225600.0, 1767312000.0
RUN = ClusterRun(
    pipeline="digits",
    config={"name": "digits"},
    upstream={
        "ExampleGen": [],
        "DataGate": ["ExampleGen"],
        "Transform": ["ExampleGen", "DataGate"],
        "BulkInferrer": ["Transform"],
    },
    metric="accuracy",
)


class ClusterRoot:
    """Writes steps as the launcher leaves them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def step(
        self,
        run_id: str,
        node: str,
        started_secs: float,
        inputs: Mapping[str, StepArtifact] = {},
        outputs: Mapping[str, str] = {},
        **values: object,
    ) -> dict[str, StepArtifact]:
        """A step that took three seconds and has its record in its first output; {output: artifact}."""
        uri = f"{BASE}/digits/{run_id}/{node}/id-{node.lower()}"
        written = {name: StepArtifact(type=kind, uri=f"{uri}/{name}") for name, kind in outputs.items()}
        record = StepRecord(
            task_uri=uri,
            started_secs=started_secs,
            finished_secs=started_secs + 3,
            inputs={name: [each] for name, each in inputs.items()},
            outputs={name: [each] for name, each in written.items()},
            versions={"slipway": "0.1.0"},
            run=RUN,
        )
        self.leave(replace(record, **values))
        return written

    def leave(self, record: StepRecord) -> None:
        """The record of a step: in its outputs if it has any, else in its log."""
        folder = self.folder(record.task_uri)
        for name in record.outputs:
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / "content").write_text(name)
        if record.outputs:
            (folder / next(iter(record.outputs)) / STEP_FILE).write_text(record.as_json())
        else:
            self.log(
                record.task_uri, ["INFO: begins", f"{STEP_LINE}{record.as_json()}", f"Step failed: {record.error}"]
            )

    def log(self, task_uri: str, lines: Sequence[str], attempt: int = 0) -> None:
        """What the launcher copies of an attempt's output."""
        self.folder(task_uri).mkdir(parents=True, exist_ok=True)
        (self.folder(task_uri) / f"executor-logs-{attempt}").write_text("\n".join(lines))

    def folder(self, uri: str) -> Path:
        """Where what a URI names lies."""
        return self.path / uri.removeprefix(f"{BASE}/")


def two_runs(path: Path) -> ClusterRoot:
    """The first fails in its last step; of the second Transform alone runs, and fails."""
    root = ClusterRoot(path)
    examples = root.step(FIRST, "ExampleGen", FIRST_SECS, outputs={"examples": "Examples"}, properties={"seed": 3.0})
    root.step(FIRST, "SchemaGen", FIRST_SECS + 1, outputs={"schema": "Schema"})
    transformed = root.step(FIRST, "Transform", FIRST_SECS + 5, examples, {"transform_graph": "TransformGraph"})
    root.step(FIRST, "BulkInferrer", FIRST_SECS + 9, transformed, state="failed", error="the disk is full")
    root.step(SECOND, "Transform", SECOND_SECS, examples, state="failed", error="loss is NaN")
    return root
