"""What is recorded and told of nodes, and where a gate's refusal ends a run."""

import io
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from rich.console import Console

from components.gates import GateRefused
from pipeline.node_states import NodeStates
from pipeline.progress import Progress
from records.findings import Finding, write_findings
from records.run import NodeRecord
from tests.inspection.root_writer import RootWriter

NODES = ["ExampleGen", "Trainer", "Baseline", "Evaluator", "Compressor", "Pusher"]
RUN = "20260101-000000-000"


def _finding(*, passed: bool, **changes: object) -> Finding:
    values = {"gate": "evaluation", "metric": "accuracy", "where": "", "value": 0.5, "limit": ">= 0.9"}
    return Finding(**{**values, "passed": passed, **changes})


class Watched:
    """A run's states and its terminal; executions and findings are on disk as a run leaves them."""

    def __init__(self, root: Path) -> None:
        self.console = Console(file=io.StringIO(), width=200)
        self.nodes = [NodeRecord(name=name, upstream=[]) for name in NODES]
        progress = Progress(self.console, [node.name for node in self.nodes])
        notes = ["1,797 images"]
        self.states = NodeStates(self.nodes, progress, root=root, run_id=RUN, source_notes=lambda: notes)
        self._writer = RootWriter(root)

    def published(self, node: str, *findings: Finding, cached: bool = False) -> None:
        """What ML Metadata has of a node that succeeded, with its findings."""
        artifact = self._writer.artifact("ModelEvaluation", node)
        write_findings(str(self._writer.path / "artifacts" / node), findings)
        state = mlmd.Execution.CACHED if cached else mlmd.Execution.COMPLETE
        self._writer.execution(RUN, node, state, {}, {"evaluation": artifact})

    def by_name(self) -> dict[str, str]:
        return {node.name: node.state for node in self.nodes}

    def printed(self) -> list[str]:
        return [" ".join(line.split()) for line in self.console.file.getvalue().splitlines()]


@pytest.fixture
def watched(tmp_path) -> Watched:
    return Watched(tmp_path)


@pytest.mark.parametrize(("cached", "told"), [(False, True), (True, False)])
def test_what_was_read_is_told_where_it_was_read(watched, cached, told):
    watched.states.node_started("ExampleGen")
    watched.states.node_finished("ExampleGen", cached=cached, secs=2.0, executor_secs=1.5)
    assert ("1,797 images" in watched.printed()[-1]) == told


@pytest.mark.parametrize("cached", [False, True])
def test_a_gate_that_refuses_is_marked_itself_and_ends_the_run(watched, cached):
    watched.published("Evaluator", _finding(passed=True), _finding(passed=False), cached=cached)
    watched.states.node_started("Evaluator")
    with pytest.raises(GateRefused, match=r"the evaluation gate.\n  accuracy must be >= 0\.9\. Received: 0\.5\."):
        watched.states.node_finished("Evaluator", cached=cached, secs=2.0, executor_secs=1.5)
    watched.states.finish()
    expected = {"ExampleGen": "skipped", "Trainer": "skipped", "Baseline": "skipped", "Evaluator": "refused"}
    assert watched.by_name() == {**expected, "Compressor": "skipped", "Pusher": "skipped"}
    evaluator = watched.nodes[NODES.index("Evaluator")]
    assert (evaluator.cached, evaluator.secs, evaluator.executor_secs) == (cached, 2.0, 1.5)
    assert watched.printed()[0].startswith("✋ Evaluator refused 2.0 s")
    assert watched.printed()[1] == "- skipped: ExampleGen, Trainer, Baseline, Compressor, Pusher"


@pytest.mark.parametrize("cached", [False, True])
def test_a_gate_that_lets_pass_is_done_and_the_run_goes_on(watched, cached):
    watched.published("Evaluator", _finding(passed=True), _finding(passed=True, applies=False), cached=cached)
    watched.states.node_finished("Evaluator", cached=cached, secs=1.0, executor_secs=1.0)
    assert watched.by_name()["Evaluator"] == ("cached" if cached else "done")


def test_what_an_earlier_run_s_gate_had_found_is_marked_at_the_gate(watched):
    """As with `--from Compressor` after an evaluation that refused."""
    watched.states.node_started("Compressor")
    refusal = GateRefused([_finding(passed=False)], "Do better.")
    watched.published("Trainer")
    watched.states.node_failed("Compressor", refusal, secs=0.2, executor_secs=0.1)
    watched.states.finish()
    states = watched.by_name()
    assert (states["Evaluator"], states["Compressor"]) == ("refused", "skipped")
    assert watched.printed()[0].startswith("✋ Evaluator refused")


@pytest.mark.parametrize(
    ("error", "state"),
    [(RuntimeError("broken"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_what_failed_is_marked_where_it_failed(watched, error, state):
    watched.published("Trainer")
    watched.states.node_failed("Compressor", error, secs=0.2, executor_secs=0.1)
    assert watched.by_name()["Compressor"] == state


def test_a_whole_run_says_nothing_of_skipped_nodes(watched):
    for node in NODES:
        watched.published(node)
        watched.states.node_finished(node, cached=False, secs=1.0, executor_secs=1.0)
    watched.states.finish()
    assert not any("skipped" in line for line in watched.printed())
