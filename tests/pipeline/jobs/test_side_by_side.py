"""What becomes of nodes that run side by side, by TFX's launcher on a store of SQLite."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline

from components.gates import GateRefused
from inspection.store import RunStore
from pipeline.jobs.processes import Processes, ThisProcess, WorkerProcesses
from pipeline.local_runner import LocalRunner, close_abandoned_executions
from pipeline.retries import Retries
from pipeline.root import Root
from tests.pipeline.jobs.nodes import Source, Step, starts, wait_for_start
from tests.pipeline.small_pipeline import States
from training.errors import Preempted
from training.processes.process import ProcessDiedError


class Watched(States):
    """What became of each node, in the order of what happened, and how many ran at once."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.restarts: list[str] = []
        self.errors: dict[str, BaseException] = {}
        self.secs: dict[str, float] = {}
        self.most = 0
        self._running = 0

    def node_started(self, node: str) -> None:
        self.told.append(f"{node} started")
        self._running += 1
        self.most = max(self.most, self._running)

    def node_finished(self, node: str, *, cached: bool, secs: float, executor_secs: float) -> None:
        super().node_finished(node, cached=cached, secs=secs, executor_secs=executor_secs)
        self._over(node, secs, executor_secs)

    def node_failed(self, node: str, error: BaseException, *, secs: float, executor_secs: float) -> None:
        super().node_failed(node, error, secs=secs, executor_secs=executor_secs)
        self.errors[node] = error
        self._over(node, secs, executor_secs)

    def node_restarted(self, node: str) -> None:
        self.restarts.append(node)

    def _over(self, node: str, secs: float, executor_secs: float) -> None:
        assert 0 <= executor_secs <= secs
        self.secs[node] = executor_secs
        self.told.append(f"{node} over")
        self._running -= 1


class Runs:
    """Runs of A, B, C, D and G: C reads A and comes after G, which reads B; D reads C."""

    def __init__(self, root: Root, folder: Path, processes: Processes) -> None:
        self.root, self.folder, self.processes = root, folder, processes
        self.count = 0

    def run(self, *, retries: dict[str, int] | None = None, **does: str) -> Watched:
        """A run in which the nodes do what is said; those of which nothing is said write their outputs alone."""
        self.count += 1
        common = {name: {"name": name, "folder": str(self.folder), "does": does.get(name, "")} for name in "ABCDG"}
        a, b = Source(**common["A"]).with_id("A"), Source(**common["B"]).with_id("B")
        g = Step(source=b.outputs["out"], **common["G"]).with_id("G")
        c = Step(source=a.outputs["out"], **common["C"]).with_id("C")
        c.add_upstream_node(g)
        d = Step(source=c.outputs["out"], **common["D"]).with_id("D")
        self.connection = metadata.sqlite_metadata_connection_config(str(self.root.metadata))
        pipeline = Pipeline(
            pipeline_name="jobs",
            pipeline_root=str(self.root.artifacts),
            components=[a, b, g, c, d],
            enable_cache=True,
            metadata_connection_config=self.connection,
        )
        self.watched = Watched()
        runner = LocalRunner(
            run_id=f"run-{self.count}",
            observer=self.watched,
            retries=Retries(retries or {}, first_wait_secs=0.01),
            processes=self.processes,
        )
        try:
            runner.run(pipeline)
        finally:
            self.executor_secs = runner.executor_secs
        return self.watched

    def states(self) -> dict[str, str]:
        """What ML Metadata has of the last run's nodes, once what was left running is closed."""
        close_abandoned_executions(self.connection, self.root.artifacts)
        return {each.node: each.state for each in RunStore(self.root.path).run(f"run-{self.count}")}


@pytest.fixture
def make_runs(tmp_path) -> Iterator[Callable[[int], Runs]]:
    made: list[Processes] = []

    def make(count: int) -> Runs:
        folder = tmp_path / "folder"
        folder.mkdir()
        made.append(WorkerProcesses(count) if count > 1 else ThisProcess())
        return Runs(Root(tmp_path), folder, made[0])

    yield make
    made[0].close()


@pytest.fixture
def two(make_runs) -> Runs:
    return make_runs(2)


def _signal_once(runs: Runs, node: str, *numbers: int, alone: bool = False) -> threading.Thread:
    """Once a node has started, signals come: to the run's process, or to the node's alone."""

    def send() -> None:
        pid = wait_for_start(runs.folder, node)
        for number in numbers:
            os.kill(pid if alone else os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_nodes_that_need_nothing_of_each_other_run_at_once_in_processes_of_their_own(two):
    watched = two.run(A="meet:B", B="meet:A")
    assert watched.of == dict.fromkeys("ABCDG", "done")
    [one], [other] = starts(two.folder, "A"), starts(two.folder, "B")
    assert len({one, other, os.getpid()}) == 3
    assert (two.root.artifacts / "D" / "out").is_dir()
    [made] = two.root.artifacts.glob("D/out/*/made")
    assert made.read_text() == "ACD"


def test_no_more_run_at_once_than_there_are_processes(two):
    assert two.run().most == 2


def test_the_time_of_executors_is_that_in_which_one_ran(two):
    watched = two.run(A="meet:B", B="meet:A")
    assert max(watched.secs.values()) < two.executor_secs < sum(watched.secs.values())


def test_a_node_runs_ahead_of_its_gate_and_what_reads_it_does_not(two):
    watched = two.run(G="meet:C")
    assert watched.told.index("C started") < watched.told.index("G over") < watched.told.index("D started")


def test_a_gate_that_refuses_ends_what_runs_ahead_of_it(two):
    with pytest.raises(GateRefused) as refused:
        two.run(G="meet:C refuse", C="sleep", retries={"G": 3, "C": 3})
    [finding] = refused.value.findings
    assert (finding.metric, finding.limit, refused.value.advice) == ("examples", ">= 2", "Get more.")
    assert isinstance(two.watched.errors["C"], KeyboardInterrupt)
    assert len(starts(two.folder, "G")) == 1
    assert two.states() == {"A": "done", "B": "done", "G": "failed", "C": "interrupted"}
    assert not list(two.root.artifacts.glob("C/out/*"))


def test_a_gate_s_refusal_is_told_before_what_failed_ahead_of_it(two):
    with pytest.raises(GateRefused):
        two.run(G="meet:C refuse", C="break")
    assert two.states()["C"] == "failed"


def test_where_a_node_fails_those_that_do_not_need_it_go_on(two):
    with pytest.raises(RuntimeError, match=r"^broken$") as raised:
        two.run(A="meet:B break", B="meet:A")
    assert isinstance(raised.value.__cause__, KeyError)
    assert two.watched.of == {"A": "failed", "B": "done", "G": "done"}
    assert two.states() == {"A": "failed", "B": "done", "G": "done"}


def test_of_two_that_fail_the_first_in_the_dag_is_told(two):
    with pytest.raises(ConnectionResetError):
        two.run(A="meet:B reset:1", B="meet:A break")
    assert two.watched.of == {"A": "failed", "B": "failed"}


def test_a_run_in_processes_takes_from_the_cache_what_one_in_this_process_made(make_runs, tmp_path):
    runs = make_runs(2)
    alone = Runs(runs.root, runs.folder, ThisProcess())
    assert alone.run().of == dict.fromkeys("ABCDG", "done")
    runs.count = alone.count
    assert runs.run().of == dict.fromkeys("ABCDG", "cached")
    assert starts(runs.folder, "A") == [os.getpid()]
    assert runs.executor_secs == 0


def test_a_process_that_dies_fails_its_node_and_the_next_run_goes_on(two):
    with pytest.raises(ProcessDiedError, match=r"the process of C must live .* SIGKILL, .* memory runs out.* finished"):
        two.run(C="die")
    assert two.states() == {"A": "done", "B": "done", "G": "done", "C": "failed"}
    assert two.run().of == {**dict.fromkeys("ABG", "cached"), **dict.fromkeys("CD", "done")}


@pytest.mark.parametrize("count", [1, 2])
def test_a_lost_connection_starts_the_node_again_with_empty_outputs(make_runs, count, caplog):
    runs = make_runs(count)
    watched = runs.run(C="reset:2", retries={"C": 2})
    assert watched.of == dict.fromkeys("ABCDG", "done")
    assert watched.restarts == ["C", "C"]
    assert len(starts(runs.folder, "C")) == 3
    told = [record.getMessage() for record in caplog.records if record.name == "slipway.run"]
    assert [line.partition(":")[0] for line in told] == 2 * ["C starts again in 0 s"]
    assert "ConnectionResetError" in told[0]


@pytest.mark.parametrize("count", [1, 2])
def test_a_node_starts_again_as_often_as_its_config_says(make_runs, count):
    runs = make_runs(count)
    with pytest.raises(ConnectionResetError):
        runs.run(C="reset:2", retries={"C": 1})
    assert len(starts(runs.folder, "C")) == 2


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_second_try_does_not_mend_is_tried_once(make_runs, count):
    runs = make_runs(count)
    with pytest.raises(RuntimeError, match="broken"):
        runs.run(C="break", retries={"C": 3})
    assert len(starts(runs.folder, "C")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_all_that_runs(two, number):
    before = signal.getsignal(number)
    sender = _signal_once(two, "A", number)
    with pytest.raises(KeyboardInterrupt):
        two.run(A="meet:B sleep", B="meet:A sleep", retries={"A": 3})
    sender.join()
    assert two.states() == {"A": "interrupted", "B": "interrupted"}
    assert not list(two.root.artifacts.glob("*/out/*"))
    assert signal.getsignal(number) == before


def test_sigterm_lets_a_training_write_its_checkpoint(two):
    sender = _signal_once(two, "A", signal.SIGTERM)
    with pytest.raises(Preempted, match="A checkpoint of step 7") as preempted:
        two.run(A="train", retries={"A": 3})
    sender.join()
    assert type(preempted.value) is Preempted
    assert len(starts(two.folder, "A")) == 1


def test_a_second_interrupt_waits_for_nothing(two):
    sender = _signal_once(two, "A", signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        two.run(A="sleep")
    sender.join()


def test_a_training_whose_process_alone_is_told_to_end_starts_again(two):
    sender = _signal_once(two, "C", signal.SIGTERM, alone=True)
    assert two.run(C="train:once", retries={"C": 1}).of == dict.fromkeys("ABCDG", "done")
    sender.join()
    assert two.watched.restarts == ["C"]


def test_without_a_retry_left_it_says_where_it_goes_on(two):
    sender = _signal_once(two, "C", signal.SIGTERM, alone=True)
    with pytest.raises(Preempted, match="A checkpoint of step 7"):
        two.run(C="train")
    sender.join()


def test_what_a_process_logs_is_logged_here_with_its_node(two, caplog):
    with caplog.at_level(logging.INFO, logger="slipway"):
        two.run(A="log:hello")
    [record] = [record for record in caplog.records if record.name == "slipway.test"]
    assert (record.getMessage(), record.node) == ("hello", "A")
    assert record.process == starts(two.folder, "A")[0]
