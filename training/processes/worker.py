"""What a process does that was started to run functions."""

import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, wait
from typing import Any

from training.processes.carried_error import CarriedError

# Not below `slipway`, whose records are shown to people.
logger = logging.getLogger("training.processes")


@dataclass(frozen=True)
class Call:
    """A function of a module, which is imported where it is run, and its arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Returned:
    """What a call returned."""

    value: Any


@dataclass(frozen=True)
class Raised:
    """What a call raised."""

    error: CarriedError


def work(connection: Connection) -> None:
    """Runs one call after the other and answers each, until the process that sends them ends this one, or ends itself.

    What is logged goes to that process as it is logged; what is printed goes where that process's own output goes.
    """
    # A terminal's Ctrl-C goes to all of its foreground group; it is that process which decides what becomes of a call.
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told = _Telling(connection)
    _log_to(told)
    gc.freeze()
    # Interrupted where it has nothing to do, it ends.
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            answer = _answer(connection.recv())
            sys.stdout.flush()
            sys.stderr.flush()
            told.tell(answer)


def _answer(call: Call) -> Returned | Raised:
    try:
        return Returned(call.function(*call.arguments))
    except SystemExit as ended:
        return Raised(CarriedError.of(ended)) if ended.code else Returned(None)
    except Exception as error:
        # The traceback stays here.
        logger.exception("%s raised, in process %d", call.function.__name__, os.getpid())
        return Raised(CarriedError.of(error))
    except BaseException as error:
        return Raised(CarriedError.of(error))


class _Telling(QueueHandler):
    """Sends records, and answers between them, over a connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)  # type: ignore[arg-type]
        self._connection = connection
        self._sending = threading.Lock()

    def enqueue(self, record: logging.LogRecord) -> None:
        self.tell(record)

    def tell(self, message: logging.LogRecord | Returned | Raised) -> None:
        """Sends a message whole, whatever thread sends another one."""
        with self._sending:
            self._connection.send(message)


def _log_to(handler: logging.Handler) -> None:
    """Hands what is logged to one handler, and to none that came along from the process that was forked."""
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for each in (logging.root, *known):
        each.handlers.clear()
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.INFO)
    logging.captureWarnings(True)


def _end_with_parent() -> None:
    """Ends this process, and what it started, as soon as its parent is gone; nobody would take what it computes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)
