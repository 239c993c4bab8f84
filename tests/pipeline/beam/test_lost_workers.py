"""A step whose worker dies ends, and does not wait for ever."""

import signal
import threading
import time

import pytest

from pipeline.beam.lost_workers import THREAD, local_workers, lost_workers_end_steps
from pipeline.beam.section import BeamConfig
from pipeline.errors import RunError


def _die() -> None:
    raise RuntimeError("Worker subprocess exited with return code 137")


def _wait_while_threads_die(*names: str, secs: float) -> None:
    """As Beam's runner waits for an answer, which it does for good."""
    with lost_workers_end_steps():
        for name in names:
            threading.Thread(target=_die, name=name).start()
        threading.Event().wait(secs)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("names", [(THREAD,), (THREAD, THREAD, "another")])
def test_the_waiting_thread_is_told_what_the_worker_ended_with(names):
    start_secs = time.monotonic()
    with pytest.raises(RunError, match=r"Received: Worker subprocess exited with return code 137\."):
        _wait_while_threads_die(*names, secs=30)
    assert time.monotonic() < start_secs + 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_other_threads_may_fail():
    _wait_while_threads_die("another", secs=0.05)


def test_afterwards_all_is_as_before():
    before = threading.excepthook, signal.getsignal(signal.SIGUSR1)
    with lost_workers_end_steps():
        assert threading.excepthook is not before[0]
    assert (threading.excepthook, signal.getsignal(signal.SIGUSR1)) == before


@pytest.mark.parametrize(("mode", "are_watched"), [("in_memory", False), ("multi_processing", True)])
def test_workers_in_processes_alone_are_watched(mode, are_watched):
    before = threading.excepthook
    with local_workers(BeamConfig(mode=mode)):
        assert (threading.excepthook is not before) == are_watched
