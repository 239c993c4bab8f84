import datetime
import json

import kfp_server_api
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kubeflow.step_states import step_states
from tests.pipeline.kubeflow.kfp_tasks import Moment, node_id, tasks

SHOWN = {
    "driver": "running",
    "running": "running",
    "done": "done",
    "cached": "cached",
    "failed": "failed",
    "driver failed": "failed",
    "retried": "failed",
    "omitted": "pending",
}
START = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)


class Answer:
    """As the generated client takes an HTTP answer."""

    def __init__(self, body: object) -> None:
        self.data = json.dumps(body)


def _run(details: list[dict]) -> kfp_server_api.V2beta1Run:
    """A run out of the JSON of its tasks, by the SDK's own reader."""
    return kfp_server_api.ApiClient().deserialize(Answer({"run_details": {"task_details": details}}), "V2beta1Run")


def _task(name: str, state: str, start: float, end: float) -> dict:
    times = {
        key: (START + datetime.timedelta(seconds=secs)).isoformat()
        for key, secs in (("start_time", start), ("end_time", end))
    }
    return {"display_name": name, "state": state, **times}


@given(st.dictionaries(st.sampled_from(["ExampleGen", "Transform", "Trainer", "Pusher"]), st.sampled_from(list(SHOWN))))
def test_each_node_is_shown_as_of_a_local_run(nodes):
    states = step_states(_run(list(tasks(Moment("RUNNING", nodes)))), ["ExampleGen", "Transform", "Trainer", "Pusher"])
    assert {node: step.state for node, step in states.items()} == {
        node: SHOWN[nodes[node]] if node in nodes else "pending" for node in states
    }


def test_a_run_that_has_not_begun_has_no_tasks():
    assert step_states(kfp_server_api.V2beta1Run(), ["Trainer"])["Trainer"].state == "pending"


def test_the_time_of_a_node_is_its_driver_s_too():
    assert step_states(_run(list(tasks(Moment("RUNNING", {"Trainer": "done"})))), ["Trainer"])["Trainer"].secs == 10


def test_the_time_of_a_node_that_runs_is_not_known():
    assert step_states(_run(list(tasks(Moment("RUNNING", {"Trainer": "running"})))), ["Trainer"])["Trainer"].secs == 0


def test_a_failed_node_has_its_pod():
    states = step_states(_run(list(tasks(Moment("FAILED", {"Trainer": "failed"})))), ["Trainer"])
    assert states["Trainer"].pods == (node_id("root.Trainer.executor"),)


def test_a_node_that_was_computed_beside_a_cached_one_is_not_taken_for_cached():
    details = [
        _task("Trainer", "SUCCEEDED", 0, 100),
        _task("executor", "SUCCEEDED", 0, 100),
        _task("Baseline", "SUCCEEDED", 10, 12),
        _task("executor", "SKIPPED", 11, 11),
    ]
    states = step_states(_run(details), ["Trainer", "Baseline"])
    assert {node: step.state for node, step in states.items()} == {"Trainer": "done", "Baseline": "cached"}


def test_two_nodes_cached_in_the_same_second_are_both():
    details = [_task(name, "SUCCEEDED", 5, 5) for name in ("SchemaGen", "StatisticsGen")]
    details += [_task("executor", "SKIPPED", 5, 5)] * 2
    assert {step.state for step in step_states(_run(details), ["SchemaGen", "StatisticsGen"]).values()} == {"cached"}
