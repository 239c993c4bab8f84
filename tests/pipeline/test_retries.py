"""Which errors a node starts again after, and when."""

import errno
import socket
import urllib.error
from email.message import Message

import grpc
import pytest
import tensorflow as tf

from components.gates import GateRefused
from data.errors import SourceNotFoundError
from pipeline.errors import ConfigError
from pipeline.jobs.processes import PreemptedAlone
from pipeline.retries import Retries, is_passing
from records.findings import Finding
from training.errors import DivergedError, Preempted, WorkerLostError, WorkersEndedError
from training.processes.process import ProcessDiedError


class _RpcError(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


def _caused(error: BaseException, *, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def _while(error: BaseException, context: BaseException) -> BaseException:
    error.__context__ = context
    return error


def _http(code: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("/data", code, "no", Message(), None)


RESET = ConnectionResetError(errno.ECONNRESET, "reset")
REFUSAL = GateRefused([Finding(gate="data", metric="m", where="", value=0, limit=">= 1", passed=False)], "Mend it.")
# What Beam makes of a worker's error, from workers in processes of their own.
BEAMS = RuntimeError(
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\nConnectionResetError: [Errno 104] reset\n'
)


@pytest.mark.parametrize(
    "error",
    [
        RESET,
        TimeoutError("timed out"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
        urllib.error.URLError(RESET),
        _http(503),
        tf.errors.UnavailableError(None, None, "failed to connect"),
        tf.errors.AbortedError(None, None, "aborted"),
        _RpcError(grpc.StatusCode.UNAVAILABLE),
        WorkersEndedError("all processes must be there"),
        PreemptedAlone("SIGTERM came"),
        ProcessDiedError("killed"),
        _caused(RuntimeError("while it read"), cause=RESET),
        _while(RuntimeError("after it"), RESET),
        BEAMS,
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_worth_another_start(error):
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        REFUSAL,
        _while(REFUSAL, RESET),
        ConfigError("wrong"),
        SourceNotFoundError("not there"),
        DivergedError("the loss was nan"),
        Preempted("SIGTERM came"),
        # Somebody else started the others, and has to start them again.
        WorkerLostError("all workers must be there"),
        ValueError("bad"),
        FileNotFoundError(errno.ENOENT, "not there"),
        OSError(errno.ENOSPC, "No space left on device"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        urllib.error.URLError("unknown url type"),
        _http(404),
        tf.errors.InvalidArgumentError(None, None, "bad"),
        _RpcError(grpc.StatusCode.PERMISSION_DENIED),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_comes_back_is_not(error):
    assert not is_passing(error)


def test_each_wait_is_twice_the_one_before():
    assert Retries({"Trainer": 3}, first_wait_secs=10.0).waits("Trainer") == [10.0, 20.0, 40.0]


def test_a_node_that_is_not_named_does_not_start_again():
    assert Retries({"Trainer": 3}).waits("ExampleGen") == []
