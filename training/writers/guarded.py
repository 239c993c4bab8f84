"""Writing that must not end training."""

import logging
from typing import Any

from training.writers.base import Writer
from training.writers.forwarding import ForwardingWriter

logger = logging.getLogger("slipway.training")


class GuardedWriter(ForwardingWriter):
    """Logs the first failure of a writer and leaves that writer out from then on; never raises.

    The traceback is logged at level DEBUG only.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._has_failed = False

    def forward(self, method: str, *args: Any) -> None:
        if self._has_failed:
            return
        try:
            getattr(self._writer, method)(*args)
        except Exception as error:
            self._has_failed = True
            reason = str(error).splitlines()[0] if str(error) else "no message"
            logger.warning(
                "%s failed in %s (%s: %s) and writes no more in this run; training goes on. Look at the place it "
                "writes to: is there space, may this process write? The next start writes again.",
                type(self._writer).__name__,
                method,
                type(error).__name__,
                reason,
                exc_info=logger.isEnabledFor(logging.DEBUG),
            )
