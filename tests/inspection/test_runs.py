import os

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from inspection.runs import nodes_of, read_overviews, read_run
from tests.inspection.root_writer import FIRST, SECOND


def test_an_overview_is_what_the_record_says(root):
    overview = read_overviews(root)[0]
    assert (overview.run_id, overview.state, overview.started_at) == (FIRST, "done", "2026-01-01T00:00:00+00:00")
    assert (overview.total_secs, overview.nodes, overview.cached) == (5.0, 6, 0)
    assert overview.metrics == {"accuracy": 0.875}
    assert overview.pushed == ("digits/1",)


def test_an_overview_of_a_killed_run_is_what_ml_metadata_knows(root):
    overview = read_overviews(root)[1]
    assert (overview.run_id, overview.state, overview.total_secs) == (SECOND, "interrupted", None)
    assert (overview.nodes, overview.cached, overview.metrics, overview.pushed) == (2, 1, {}, ())


def test_a_run_killed_after_its_push_shows_what_it_pushed(writer):
    writer.execution("r", "Pusher", mlmd.Execution.COMPLETE, {}, {"pushed_model": writer.pushed(7, "Pusher/1")})
    assert read_overviews(writer.path)[0].pushed == ("digits/7",)


def test_metrics_that_a_gate_judges_are_shown_rather_than_the_first(writer):
    config = {"evaluate": {"gates": {"loss": {"max": 1}}}}
    metrics = {"test_accuracy": 0.5, "test_loss": 0.25, "test_example_count": 3.0}
    writer.record("r", state="done", started_at="", total_secs=1.0, nodes=[], pushes=[], config=config, metrics=metrics)
    assert read_overviews(writer.path)[0].metrics == {"loss": 0.25}


def test_what_a_killed_process_left_running_was_interrupted(root):
    run = read_run(root, SECOND)
    assert (run.state, run.record) == ("interrupted", None)
    assert [(e.node, e.state) for e in run.executions] == [("ExampleGen", "cached"), ("Trainer", "interrupted")]


def test_a_run_goes_on_while_a_process_holds_the_root(root):
    (root / ".lock.pid").write_text(str(os.getpid()))
    run = read_run(root, SECOND)
    assert (run.state, run.executions[1].state) == ("running", "running")


@pytest.mark.parametrize("holder", ["", "999999999"])
def test_the_number_of_a_dead_process_holds_nothing(root, holder):
    (root / ".lock.pid").write_text(holder)
    assert read_run(root, SECOND).state == "interrupted"


def test_only_the_newest_run_can_be_the_one_that_goes_on(writer):
    for run in (FIRST, SECOND):
        writer.execution(run, "Trainer", mlmd.Execution.RUNNING, {}, {})
    (writer.path / ".lock.pid").write_text(str(os.getpid()))
    assert [overview.state for overview in read_overviews(writer.path)] == ["interrupted", "running"]


def test_a_refusal_is_a_failure_only_to_ml_metadata(writer):
    writer.execution("r", "DataGate", mlmd.Execution.FAILED, {}, {})
    writer.record("r", state="refused", nodes=[{"name": "DataGate", "state": "refused", "secs": 1.0}])
    assert read_run(writer.path, "r").executions[0].state == "refused"


def test_nodes_are_the_dags_whether_they_started_or_not(writer):
    execution = writer.execution("r", "DataGate", mlmd.Execution.FAILED, {}, {})
    nodes = [
        {"name": "DataGate", "state": "refused", "secs": 1.5},
        {"name": "Trainer", "state": "pending", "secs": 0.0},
    ]
    writer.record("r", state="refused", nodes=nodes)
    gate, trainer = nodes_of(read_run(writer.path, "r"))
    assert (gate.state, gate.secs, gate.execution.id) == ("refused", 1.5, execution)
    assert (trainer.state, trainer.execution, trainer.outputs) == ("pending", None, [])


def test_nodes_of_a_killed_run_are_those_that_started(root):
    example_gen, trainer = nodes_of(read_run(root, SECOND))
    assert [(channel, artifact.id) for channel, artifact in example_gen.outputs] == [("examples", 1)]
    assert (trainer.state, trainer.secs) == ("interrupted", None)
