"""How a pipeline root on Kubeflow is laid out: ROOT/PIPELINE/RUN/NODE/ID/OUTPUT.

kubeflow/pipelines 2.17.0: backend/src/v2/metadata/client.go:420 names a run's folder, provisionOutputs in
backend/src/v2/driver/driver.go a step's. Whoever can write to the store can write records: what one names must lie
below the root that it came from.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.cluster_runs.errors import ClusterRunsError
from records.step_record import StepRecord

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_STORES = ("gs://", "s3://", "minio://")
# Folders of a step below the root.
DEPTH = 4


@dataclass(frozen=True)
class Task:
    """One step's folder, by its names below the root."""

    pipeline: str
    run: str
    node: str
    id: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The names, from the root down."""
        return (self.pipeline, self.run, self.node, self.id)


def is_name(text: str) -> bool:
    """Whether a backend gives a folder such a name; `..` is none."""
    return _NAME.fullmatch(text) is not None


def base_of(record: StepRecord, task: Task) -> str:
    """The URI of the pipeline root in which a record was written.

    Raises:
      ClusterRunsError: it was not written where it lies.
    """
    base, parts = record.task_uri.rstrip("/"), list[str]()
    for _ in range(DEPTH):
        base, _, name = base.rpartition("/")
        parts.insert(0, name)
    if tuple(parts) != task.parts or not base:
        raise ClusterRunsError(
            f"a step's record must lie in its own folder. Received: one of {record.task_uri} in "
            f"{'/'.join(task.parts)}. Give the pipeline root as the run left it: its folders are PIPELINE/RUN/NODE/ID."
        )
    return base


def check_uris(record: StepRecord, task: Task) -> None:
    """Refuses a record whose artifacts lie where no step of its root has them.

    Raises:
      ClusterRunsError: an output lies elsewhere than in the step's folder, or an input outside object stores and the
        root.
    """
    base = base_of(record, task)
    for channel, artifacts in record.outputs.items():
        for artifact in artifacts:
            if not is_name(channel) or artifact.uri != f"{record.task_uri}/{channel}":
                _refuse(artifact.uri, task)
    for artifacts in record.inputs.values():
        for artifact in artifacts:
            in_store = artifact.uri.startswith(_STORES) and ".." not in PurePosixPath(artifact.uri).parts
            if not in_store and task_of(artifact.uri, base) is None:
                _refuse(artifact.uri, task)


def task_of(uri: str, base: str) -> Task | None:
    """The step that wrote an artifact of the root `base`; None for one of elsewhere."""
    if not uri.startswith(f"{base}/"):
        return None
    parts = uri.removeprefix(f"{base}/").split("/")
    return Task(*parts[:DEPTH]) if len(parts) == DEPTH + 1 and all(map(is_name, parts)) else None


def _refuse(uri: str, task: Task) -> None:
    raise ClusterRunsError(
        f"a step's artifacts must lie in the pipeline root. Received: {uri} in the record of {'/'.join(task.parts)}, "
        f"which no step of Slipway's wrote. Take that folder away, and see who can write to the store."
    )
