"""A run's tasks as Kubeflow Pipelines reports them.

Shaped by kubeflow/pipelines 2.17.0, paths below backend/src: the tasks are all nodes of the Argo workflow, under their
display names, with their children's ids but not their own, with neither pod name nor error
(apiserver/server/api_converter.go:1772 and :1875, common/util/workflow.go:906). Times that have not come are Go's zero;
states that Argo alone has, such as Omitted, are left out (apiserver/model/run.go:83). A node of the DAG becomes
NODE-driver, NODE and, within it, `executor` (v2/compiler/argocompiler/dag.go:279, container.go:384).
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WORKFLOW = "digits-x7k2p"
NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True)
class Moment:
    """A run at one time.

    Attributes:
      state: of the run.
      nodes: {node: what it does}: driver, running, done, cached, failed, driver failed, retried or omitted.
    """

    state: str
    nodes: Mapping[str, str] = field(default_factory=dict)


def tasks(moment: Moment) -> Iterator[dict[str, Any]]:
    """Each node takes ten seconds: two its driver, eight itself; a cached one is over at once after its driver."""
    for name in (WORKFLOW, "root", "root-driver"):
        yield _task(name, "SUCCEEDED" if name == "root-driver" else moment.state, 0, None)
    for number, (node, does) in enumerate(moment.nodes.items()):
        start = 10 * number
        if does in ("driver", "driver failed"):
            state = "RUNNING" if does == "driver" else "FAILED"
            yield _task(f"{node}-driver", state, start, None if state == "RUNNING" else start + 2)
            continue
        if does == "omitted":
            yield _task(f"{node}-driver", None, start, start)
            continue
        yield _task(f"{node}-driver", "SUCCEEDED", start, start + 2, [node_id(f"root.{node}")])
        state = {"running": "RUNNING", "failed": "FAILED", "retried": "FAILED"}.get(does, "SUCCEEDED")
        end = {"running": None, "cached": start + 2}.get(does, start + 10)
        executor = f"root.{node}.executor"
        yield _task(node, state, start + 2, end, [node_id(executor)])
        attempts = [node_id(f"{executor}(0)"), node_id(f"{executor}(1)")] if does == "retried" else []
        yield _task("executor", "SKIPPED" if does == "cached" else state, start + 2, end, attempts)
        for attempt, _ in enumerate(attempts):
            yield _task(f"executor({attempt})", "FAILED", start + 2 + attempt, end)


def _task(name: str, state: str | None, start: int, end: int | None, children: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "run_id": "4f2a",
        "task_id": f"{zlib.crc32(f'{name}{start}'.encode()):08x}",
        "display_name": name,
        "create_time": time_after(0),
        "start_time": time_after(start),
        "end_time": NEVER if end is None else time_after(end),
        **({"state": state} if state else {}),
        "state_history": [{"update_time": time_after(start), **({"state": state} if state else {})}],
        **({"child_tasks": [{"pod_name": child} for child in children]} if children else {}),
    }


def node_id(name: str) -> str:
    """Argo's id of a node: the workflow's name and a hash of the node's."""
    return f"{WORKFLOW}-{zlib.crc32(f'{WORKFLOW}.{name}'.encode())}"


def time_after(secs: int) -> str:
    return f"2026-11-26T{12 + secs // 3600:02}:{secs // 60 % 60:02}:{secs % 60:02}Z"
