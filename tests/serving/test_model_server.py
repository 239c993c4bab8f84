"""Servers as processes."""

from pathlib import Path

import pytest

from serving.model_server import ModelServerError, running


def test_a_server_that_is_not_ready_in_time_is_ended_and_the_end_of_its_log_told(tmp_path):
    log = tmp_path / "log"

    def clock() -> float:
        """Stands still until the server wrote."""
        return 100.0 if log.exists() and log.read_text().count("\n") == 2 else 0.0

    ended = tmp_path / "ended"
    script = f"trap 'touch {ended}; exit' TERM; echo loads; echo for ever; sleep 60 & wait"
    with (
        pytest.raises(ModelServerError, match=r"did not answer within 5 s: loads for ever$"),
        running(["sh", "-c", script], log=log, is_ready=lambda: False, timeout_secs=5, clock=clock),
    ):
        pytest.fail("it was never ready")
    assert ended.exists()


def test_a_server_that_is_ready_is_timed_and_ended_at_the_end(tmp_path):
    times = iter([10.0, 12.5])
    with running(
        ["sleep", "60"], log=tmp_path / "log", is_ready=lambda: True, timeout_secs=5, clock=lambda: next(times)
    ) as secs:
        assert secs == 2.5


def test_a_server_that_does_not_heed_sigterm_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("serving.model_server._STOP_SECS", 0.1)
    pid = tmp_path / "pid"
    script = f"trap '' TERM; echo $$ > {pid}; while :; do sleep 0.1; done"
    with running(["sh", "-c", script], log=tmp_path / "log", is_ready=pid.exists, timeout_secs=60):
        number = int(_text(pid))
    assert not Path(f"/proc/{number}").exists()


def _text(path: Path) -> str:
    while not (text := path.read_text()):
        pass
    return text


def test_a_server_that_ends_is_told_with_its_code(tmp_path):
    with (
        pytest.raises(ModelServerError, match="ended with exit code 3: no model"),
        running(
            ["sh", "-c", "echo no model >&2; exit 3"], log=tmp_path / "log", is_ready=lambda: False, timeout_secs=60
        ),
    ):
        pytest.fail("it was never ready")
