"""What comes back of functions that another process runs."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.processes import called
from training.processes.process import Process, ProcessDiedError

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def process() -> Iterator[Process]:
    started = Process("fork")
    yield started
    started.close()


def _refuse(record: logging.LogRecord) -> None:
    raise AssertionError(record.getMessage())


def _wait_for(path: Path) -> list[int]:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return [int(word) for word in path.read_text().split()]


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_one_process_answers_one_call_after_the_other(process):
    assert [process.call(called.add, number, 2, log=_refuse) for number in (1, 5)] == [3, 7]
    assert process.pid != os.getpid()


def test_what_is_logged_comes_whole_and_in_its_order_from_every_thread(process):
    records: list[logging.LogRecord] = []
    assert process.call(called.log, 200, log=records.append) == process.pid
    assert sorted(record.getMessage() for record in records) == sorted(2 * [f"line {n}" for n in range(200)])
    assert {(record.name, record.levelname) for record in records} == {("slipway.called", "INFO")}
    for thread in {record.thread for record in records}:
        shares = [record.progress for record in records if record.thread == thread]
        assert shares == [number / 200 for number in range(200)]


def test_an_error_comes_with_its_cause_and_its_context(process):
    with pytest.raises(ValueError, match="outermost") as raised:
        process.call(called.chained, log=lambda record: None)
    assert isinstance(raised.value.__cause__, KeyError)
    behind = raised.value.__cause__.__context__
    assert isinstance(behind, ConnectionResetError)
    assert behind.errno == 104
    assert process.call(called.add, 1, 1, log=_refuse) == 2


def test_the_traceback_is_in_the_log(process):
    records: list[logging.LogRecord] = []
    with pytest.raises(ValueError, match="outermost"):
        process.call(called.chained, log=records.append)
    assert 'raise KeyError("kept as context")' in records[-1].getMessage()


def test_an_error_that_cannot_be_pickled_keeps_its_name_and_message(process):
    with pytest.raises(RuntimeError, match=r"^this and that$") as raised:
        process.call(called.not_picklable, log=lambda record: None)
    assert type(raised.value).__name__ == "NoPickle"


def test_sys_exit_is_an_end_like_others(process):
    assert process.call(called.leave, 0, log=_refuse) is None
    with pytest.raises(SystemExit) as left:
        process.call(called.leave, 3, log=_refuse)
    assert left.value.code == 3


def test_a_process_that_dies_says_how(process):
    with pytest.raises(ProcessDiedError, match=rf"process {process.pid} was killed by SIGKILL, as .* memory runs out"):
        process.call(called.die, log=_refuse)
    # And goes on saying so.
    with pytest.raises(ProcessDiedError, match="was killed by SIGKILL"):
        process.call(called.add, 1, 1, log=_refuse)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_the_call(process, number, tmp_path):
    process.send(called.sleep, str(tmp_path / "ready"))
    _wait_for(tmp_path / "ready")
    process.signal(number)
    with pytest.raises(KeyboardInterrupt):
        process.receive()


def test_killed_it_takes_along_what_it_started(process, tmp_path):
    process.send(called.sleep, str(tmp_path / "ready"))
    _, grandchild = _wait_for(tmp_path / "ready")
    process.kill()
    with pytest.raises(ProcessDiedError):
        process.receive()
    assert _is_gone(grandchild)


def test_a_process_whose_parent_is_killed_ends_with_what_it_started(tmp_path):
    ready = tmp_path / "ready"
    script = Path(__file__).with_name("orphan.py")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen([sys.executable, str(script), str(ready)], env=environment) as parent:
        pids = _wait_for(ready)
        parent.kill()
    deadline = time.monotonic() + 10
    while not all(map(_is_gone, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
