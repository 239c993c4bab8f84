"""The states of a submitted run's nodes, from what the API says of its tasks.

The backend compiles a node to three nodes of Argo's and reports each as a task: NODE-driver, which decides whether the
node is cached; NODE; and within it `executor`, the pod with the component's image, which is skipped where the node is
cached. With retries the attempts are further ones. (kubeflow/pipelines 2.17.0, backend/src/v2/compiler/argocompiler/
dag.go from line 279 and container.go from line 384; backend/src/apiserver/server/api_converter.go from line 1875.)
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import kfp_server_api

RUNNING = ("PENDING", "RUNNING", "PAUSED", "CANCELING")
# States of a run that will not change; see v2beta1RuntimeState in backend/api/v2beta1/swagger/run.swagger.json.
FINAL = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")
_STATES = {**dict.fromkeys(RUNNING, "running"), "SUCCEEDED": "done", "FAILED": "failed", "CANCELED": "interrupted"}
_EXECUTOR = "executor"


@dataclass(frozen=True)
class StepState:
    """Attributes:
    state: pending, running, done, cached, failed or interrupted, as of a local run.
    secs: from the start of its driver to its end; 0 while it runs.
    pods: Argo's ids of the nodes within the node.
    """

    state: str = "pending"
    secs: float = 0.0
    pods: tuple[str, ...] = ()


def step_states(run: kfp_server_api.V2beta1Run, nodes: Sequence[str]) -> dict[str, StepState]:
    """The state of each node.

    Args:
      run: as the API gives it.
      nodes: names of the DAG's nodes.
    """
    tasks = (run.run_details and run.run_details.task_details) or []
    by_name = {task.display_name: task for task in tasks}
    cached = _cached([by_name[node] for node in nodes if node in by_name], tasks)
    return {
        node: _step_state(by_name.get(node), by_name.get(f"{node}-driver"), is_cached=node in cached) for node in nodes
    }


def _step_state(
    task: kfp_server_api.V2beta1PipelineTaskDetail | None,
    driver: kfp_server_api.V2beta1PipelineTaskDetail | None,
    *,
    is_cached: bool,
) -> StepState:
    """Of a node from its own task and its driver's; Argo has the former only once the latter is done."""
    is_its_own = task is not None and task.state in _STATES
    last = task if is_its_own else driver
    if last is None or last.state not in _STATES:
        return StepState()
    state = _STATES[last.state]
    if state == "running" or (state == "done" and not is_its_own):
        return StepState("running")
    start = (driver or last).start_time
    return StepState("cached" if is_cached else state, _secs(start, last.end_time), _pods(task))


def _cached(
    nodes: Sequence[kfp_server_api.V2beta1PipelineTaskDetail], tasks: Sequence[kfp_server_api.V2beta1PipelineTaskDetail]
) -> set[str]:
    """Names of the nodes whose executors were skipped.

    The API does not say which executor is whose. A skipped one starts and ends within its node, and of several nodes
    around it that is the shortest, since the others wait for pods.
    """
    skipped = [task.start_time for task in tasks if task.display_name == _EXECUTOR and task.state == "SKIPPED"]
    found = set()
    for node in sorted(nodes, key=lambda task: _secs(task.start_time, task.end_time)):
        inside = [time for time in skipped if _time(time) and node.start_time <= time <= node.end_time]
        if node.state == "SUCCEEDED" and inside:
            skipped.remove(inside[0])
            found.add(node.display_name)
    return found


def _pods(task: kfp_server_api.V2beta1PipelineTaskDetail | None) -> tuple[str, ...]:
    children = (task.child_tasks if task is not None else None) or []
    return tuple(child.pod_name for child in children if child.pod_name)


def _time(time: datetime.datetime | None) -> datetime.datetime | None:
    """The time; None where it is Go's zero or Unix', which say that it has not come."""
    return time if time is not None and time.year > 1970 else None


def _secs(start: datetime.datetime | None, end: datetime.datetime | None) -> float:
    start, end = _time(start), _time(end)
    return (end - start).total_seconds() if start is not None and end is not None else 0.0
