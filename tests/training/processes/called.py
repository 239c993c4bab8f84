"""What the tests let processes run."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def add(one: int, other: int) -> int:
    """The sum."""
    return one + other


def log(count: int) -> int:
    """Logs so many lines from two threads, and returns its process's id."""
    logger = logging.getLogger("slipway.called")
    threads = [threading.Thread(target=_log, args=(logger, count)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return os.getpid()


def _log(logger: logging.Logger, count: int) -> None:
    for number in range(count):
        logger.info("line %d", number, extra={"progress": number / count})


def chained() -> None:
    """Raises an error with a cause and a context."""
    try:
        try:
            raise ConnectionResetError(104, "reset")
        except OSError:
            raise KeyError("kept as context")  # noqa: B904 - what is tested
    except KeyError as error:
        raise ValueError("outermost") from error


class NoPickle(Exception):
    """Cannot be made again from its message."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def not_picklable() -> None:
    """Raises an error that does not survive being pickled."""
    raise NoPickle("this", "that")


def leave(code: int) -> None:
    """Ends by sys.exit."""
    sys.exit(code)


def die() -> None:
    """Ends by SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(ready: str) -> None:
    """Leaves the ids of this process and of one that it starts in a file, and sleeps."""
    child = subprocess.Popen(["sleep", "100"])
    Path(ready).with_suffix(".tmp").write_text(f"{os.getpid()} {child.pid}")
    Path(ready).with_suffix(".tmp").rename(ready)
    time.sleep(100)
