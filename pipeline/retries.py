"""Which errors a second try may mend, and when it comes."""

import errno
import socket
import urllib.error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import grpc
import tensorflow as tf

from pipeline.error_causes import named_class
from pipeline.errors import UserError
from pipeline.jobs.processes import PreemptedAlone
from training.errors import WorkersEndedError
from training.processes.process import ProcessDiedError

# A process or a connection is gone, and the next may stay.
PASSING = (
    ProcessDiedError,
    PreemptedAlone,
    WorkersEndedError,
    ConnectionError,
    TimeoutError,
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
)
# ConnectionError and TimeoutError have numbers of their own.
NETWORK = {errno.ENETDOWN, errno.ENETUNREACH, errno.ENETRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH}
BUSY_SERVER = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Retries:
    """Attributes:
    counts: how often a node may start again, by its name; others do not.
    first_wait_secs: time before the first new start; it doubles with each.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    first_wait_secs: float = 10.0

    def waits(self, node: str) -> list[float]:
        """The times before each new start of a node."""
        return [self.first_wait_secs * 2**number for number in range(self.counts.get(node, 0))]


def is_passing(error: BaseException) -> bool:
    """Whether a node that raised this may get further when it starts again.

    A gate's refusal, and whatever else a person has to mend, is not, be it that a connection was lost behind it.
    """
    for each in _chain(error):
        named = named_class(each)
        if isinstance(each, PASSING) or (named is not None and issubclass(named, PASSING)):
            return True
        if isinstance(each, UserError) or isinstance(named, UserError):
            return False
        if _is_network(each):
            return True
    return False


def _is_network(error: BaseException) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in BUSY_SERVER
    if isinstance(error, grpc.RpcError):
        code = getattr(error, "code", None)
        return callable(code) and code() == grpc.StatusCode.UNAVAILABLE
    if isinstance(error, urllib.error.URLError):
        return isinstance(error.reason, BaseException) and is_passing(error.reason)
    if isinstance(error, socket.gaierror):
        return error.errno == socket.EAI_AGAIN
    return isinstance(error, OSError) and error.errno in NETWORK


def _chain(error: BaseException) -> Iterator[BaseException]:
    behind: BaseException | None = error
    while behind is not None:
        yield behind
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
