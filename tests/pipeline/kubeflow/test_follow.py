import io

import pytest
from rich.console import Console

from components.gates import GateRefused
from pipeline.errors import RunError
from pipeline.kubeflow.backend import Backend, NoAnswer
from pipeline.kubeflow.follow import Follower, SubmittedRunRefused
from pipeline.progress import Progress
from tests.pipeline.kubeflow.kfp_tasks import Moment
from tests.pipeline.kubeflow.small_submission import small_submission
from tests.pipeline.kubeflow.step_logs import REFUSAL, REFUSED, step_log

NODES = ["ExampleGen", "Trainer", "Pusher"]


class Followed:
    """A run that is followed without waiting."""

    def __init__(self, host: str) -> None:
        self.console = Console(file=io.StringIO(), width=200, color_system=None)
        self.backend = Backend(host)
        self.run_id = self.backend.submit(small_submission())
        self.slept_secs = 0.0

    def follow(self) -> None:
        Follower(self.backend, self.run_id, Progress(self.console, NODES), sleep=self._sleep).follow()

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.console.file.getvalue().splitlines()]

    def _sleep(self, secs: float) -> None:
        self.slept_secs += secs


@pytest.fixture
def followed(host) -> Followed:
    return Followed(host)


def test_each_node_has_a_line_with_its_time_when_it_is_over(kfp, followed):
    kfp.moments = [
        Moment("PENDING"),
        Moment("RUNNING", {"ExampleGen": "driver"}),
        Moment("RUNNING", {"ExampleGen": "cached", "Trainer": "running"}),
        Moment("SUCCEEDED", {"ExampleGen": "cached", "Trainer": "done", "Pusher": "done"}),
    ]
    followed.follow()
    assert followed.lines() == [
        ["≡", "ExampleGen", "cached", "2.0", "s"],
        ["✓", "Trainer", "done", "10.0", "s"],
        ["✓", "Pusher", "done", "10.0", "s"],
    ]
    assert kfp.polls == 4
    assert followed.slept_secs == 15


def test_a_gate_that_refuses_is_told_from_a_failure_by_the_log(kfp, followed):
    kfp.logs = {"Trainer": step_log(REFUSAL, "exit status 3")}
    kfp.moments = [Moment("FAILED", {"ExampleGen": "done", "Trainer": "failed", "Pusher": "omitted"})]
    with pytest.raises(SubmittedRunRefused, match="accuracy") as caught:
        followed.follow()
    assert (caught.value.title, caught.value.exit_code) == (GateRefused.title, 3)
    assert str(caught.value) == REFUSED
    assert [line[:3] for line in followed.lines()] == [
        ["✓", "ExampleGen", "done"],
        ["✋", "Trainer", "refused"],
        ["-", "skipped:", "Pusher"],
    ]


def test_a_failed_node_is_named_with_the_last_line_of_its_log(kfp, host, followed):
    kfp.logs = {"Trainer": step_log("ValueError: no such column", "exit status 1")}
    kfp.moments = [Moment("FAILED", {"ExampleGen": "done", "Trainer": "failed"})]
    with pytest.raises(
        RunError, match=rf"Trainer: ValueError: no such column\n  .*{host}/#/runs/details/4f2a"
    ) as caught:
        followed.follow()
    assert caught.value.exit_code == 1


def test_without_its_log_a_node_has_failed_and_why_it_is_not_known_is_said(kfp, followed):
    kfp.moments = [Moment("FAILED", {"Trainer": "failed"})]
    with pytest.raises(RunError, match=r"Trainer: its log cannot be read here: .*404.*\n  The whole story") as caught:
        followed.follow()
    assert caught.value.exit_code == 1


def test_a_driver_that_failed_is_no_step_s_failure(kfp, followed):
    kfp.moments = [Moment("FAILED", {"Trainer": "driver failed"})]
    with pytest.raises(RunError, match="Trainer: its driver failed, before the step itself"):
        followed.follow()


@pytest.mark.parametrize("last", [{}, {"Pusher": "running"}])
def test_the_tasks_may_come_after_the_end_of_their_run(kfp, followed, last):
    """apiserver/server/report_server.go writes the run first."""
    kfp.moments = [
        Moment("SUCCEEDED", {"ExampleGen": "done", "Trainer": "done", **last}),
        Moment("SUCCEEDED", {"ExampleGen": "done", "Trainer": "done", "Pusher": "done"}),
    ]
    followed.follow()
    assert followed.lines()[-1] == ["✓", "Pusher", "done", "10.0", "s"]


def test_a_run_that_fails_before_its_nodes_says_so(kfp, followed):
    kfp.moments = [Moment("FAILED")]
    with pytest.raises(RunError, match="none of its nodes failed"):
        followed.follow()
    assert kfp.polls == 4


def test_a_cancelled_run_is_over(kfp, followed):
    kfp.moments = [Moment("CANCELED", {"ExampleGen": "done"})]
    with pytest.raises(RunError, match="cancelled"):
        followed.follow()


def test_a_backend_that_is_away_for_a_while_is_waited_for(kfp, followed):
    kfp.down = range(30)
    kfp.moments = [Moment("SUCCEEDED", dict.fromkeys(NODES, "done"))]
    followed.follow()
    assert followed.slept_secs == 150


def test_a_backend_that_stays_away_is_given_up(kfp, followed):
    kfp.down = range(10**6)
    with pytest.raises(NoAnswer, match="503"):
        followed.follow()
    assert followed.slept_secs == 300
