"""Trying again until a deadline."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from serving.client.errors import ServerBusyError

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Retries:
    """A deadline for a call, and how long to wait between its attempts.

    The n-th wait is drawn from between zero and `first_delay_secs` · 2ⁿ⁻¹, so that clients which failed together do not
    come back together. Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015, full jitter.

    Attributes:
      timeout_secs: of a call with all its attempts.
      first_delay_secs: the longest first wait.
      max_delay_secs: the longest of any.
      clock: seconds, monotonic.
      sleep: waits for seconds.
      draw: a number of [0, 1).
    """

    timeout_secs: float = 30
    first_delay_secs: float = 0.1
    max_delay_secs: float = 5
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random

    def call(self, attempt: Callable[[float], Answer]) -> Answer:
        """Calls until there is an answer.

        Args:
          attempt: is given the seconds that are left, and raises ServerBusyError where it is worth another attempt.

        Raises:
          ServerBusyError: of the last attempt, where another one would start after the deadline; of the attempt before
            it, where the deadline ended the last.
        """
        deadline = self.clock() + self.timeout_secs
        limit = self.first_delay_secs
        before: ServerBusyError | None = None
        while True:
            try:
                return attempt(max(deadline - self.clock(), 0.001))
            except ServerBusyError as error:
                # What the server said tells more than that time was up.
                told = before if before and self.clock() >= deadline else error
                wait = limit * self.draw()
                if self.clock() + wait >= deadline:
                    raise told from None
                before = told
                self.sleep(wait)
                limit = min(2 * limit, self.max_delay_secs)
