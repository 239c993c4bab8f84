"""Writing in the background."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from training.writers.base import Writer
from training.writers.forwarding import ForwardingWriter


class AsyncWriter(ForwardingWriter):
    """Gives each call to a writer in one background thread, in order. `flush` and `close` wait until all is written.

    What is given may change as soon as a call returned: arrays and containers are copied. When `max_pending` calls wait
    to be written, the next one waits for a place, so that a slow disk costs time rather than memory.

    A failure is raised by the call after it, once. Inside `AsyncWriter(GuardedWriter(writer))` there is none.
    """

    def __init__(self, writer: Writer, *, max_pending: int = 64) -> None:
        """Raises ValueError when no call could ever wait."""
        if max_pending < 1:
            raise ValueError(f"max_pending must be at least 1. Received: {max_pending}")
        self._writer = writer
        self._places = threading.BoundedSemaphore(max_pending)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._failure: BaseException | None = None

    def forward(self, method: str, *args: Any) -> None:
        self._raise_failure()
        self._submit(method, *(_copied(arg) for arg in args))

    def flush(self) -> None:
        self._submit("flush").result()
        self._raise_failure()

    def close(self) -> None:
        self._submit("close")
        self._thread.shutdown()
        self._raise_failure()

    def _submit(self, method: str, *args: Any) -> Future:
        self._places.acquire()
        return self._thread.submit(self._write, method, *args)

    def _write(self, method: str, *args: Any) -> None:
        try:
            getattr(self._writer, method)(*args)
        except Exception as failure:
            self._failure = failure
        finally:
            self._places.release()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_copied(item) for item in value)
    return value
