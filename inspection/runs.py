"""Runs as a person looks at them: the run record where there is one, ML Metadata for the rest."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspection.locate import RECORD_FILE, run_ids
from inspection.store import NodeExecution, RunStore

LOCK_HOLDER = ".lock.pid"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run. `record` is empty for a run that was killed before it could write one."""

    run_id: str
    state: str
    record: dict[str, Any]
    executions: list[NodeExecution] = field(repr=False)


def read_run(root: Path, run_id: str) -> Run:
    """One run of a root; `run_id` exists."""
    path = root / "runs" / run_id / RECORD_FILE
    record = json.loads(path.read_text()) if path.exists() else {}
    executions = RunStore(root).run(run_id)
    return Run(run_id=run_id, state=record.get("state") or _state(root), record=record, executions=executions)


def read_runs(root: Path) -> list[Run]:
    """All runs of a root, oldest first."""
    return [read_run(root, run_id) for run_id in run_ids(root)]


def _state(root: Path) -> str:
    """Of a run without a record: it goes on as long as a process holds the root."""
    return "running" if (root / LOCK_HOLDER).exists() else "interrupted"
