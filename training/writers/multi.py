"""Writing to several writers."""

from collections.abc import Sequence
from typing import Any

from training.writers.base import Writer
from training.writers.forwarding import ForwardingWriter


class MultiWriter(ForwardingWriter):
    """Gives each call to all writers, in order. Guard each of them, and one that fails leaves the others writing."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self._writers = tuple(writers)

    def forward(self, method: str, *args: Any) -> None:
        for writer in self._writers:
            getattr(writer, method)(*args)
