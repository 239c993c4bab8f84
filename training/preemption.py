"""Taking notice of SIGTERM at a time that suits."""

import signal
import threading
from types import FrameType
from typing import Any


class Preemption:
    """Inside this context SIGTERM only sets `requested`; elsewhere than in the main thread it does nothing.

    At the end, a request that no exception answers is passed on to what SIGTERM meant before.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: Any = None

    def __enter__(self) -> "Preemption":
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        if self._previous is None:
            return
        signal.signal(signal.SIGTERM, self._previous)
        # Who leaves off iterating closes the generator that this context is in.
        if self.requested and kind in (None, GeneratorExit):
            signal.raise_signal(signal.SIGTERM)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
