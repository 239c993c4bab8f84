"""A process that runs functions, as the one that started it sees it."""

import contextlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, Literal

from training.processes.worker import Call, Raised, Returned, work


class ProcessDiedError(RuntimeError):
    """A process ended while it was at work."""

    title = "A process died"
    exit_code = 1


class Process:
    """A process, from its start to its end. It runs one function at a time.

    Attributes:
      pid: its id, which is also that of the group of all processes that it starts.
    """

    def __init__(self, method: Literal["fork", "spawn"]) -> None:
        """Args:
        method: `fork` is instant and shares what is imported, and takes a process that computes nothing yet; `spawn`
          imports everything anew.
        """
        context: ForkContext | SpawnContext = (
            multiprocessing.get_context("fork") if method == "fork" else multiprocessing.get_context("spawn")
        )
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,))
        self._process.start()
        # Else the connection would not end where the process does.
        theirs.close()
        self.pid = self._process.pid or 0

    def send(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Starts a call; the function is one of a module's, and the arguments can be pickled."""
        # It may be dead, which `receive` says.
        with contextlib.suppress(BrokenPipeError):
            self.connection.send(Call(function, arguments))

    def receive(self) -> Returned | logging.LogRecord:
        """The next that the process has to say.

        Raises:
          ProcessDiedError: it ended.
          BaseException: what the call raised.
        """
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            raise ProcessDiedError(self._end()) from None
        if isinstance(message, Raised):
            raise message.error.restore()
        return message

    def call(self, function: Callable[..., Any], *arguments: Any, log: Callable[[logging.LogRecord], None]) -> Any:
        """What a function returns; see `send` and `receive`.

        Args:
          function: one of a module's.
          *arguments: its arguments, which can be pickled.
          log: is given what is logged meanwhile.
        """
        self.send(function, *arguments)
        while isinstance(message := self.receive(), logging.LogRecord):
            log(message)
        return message.value

    def signal(self, number: int) -> None:
        """Sends the process alone a signal."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends the process, and those that it started, at once; who receives from it is told so."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()

    def close(self) -> None:
        """Ends the process. What its calls made is where they left it; nobody may be receiving from it any more."""
        self.kill()
        self._process.join()
        self.connection.close()

    def _end(self) -> str:
        self._process.join()
        code = self._process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        hint = ", as the system does where memory runs out" if code == -signal.SIGKILL else ""
        return f"process {self.pid} {how}{hint}"


def log_here(record: logging.LogRecord) -> None:
    """Logs what was logged in another process as if it had been here."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
