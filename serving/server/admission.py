"""What every request goes through, over whichever protocol: limits, the clock, figures and the access log."""

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import orjson

from serving.server.errors import Code, RequestError
from serving.server.metrics import Metrics
from serving.server.options import ServerOptions

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass
class Call:
    """A request under way, as it is counted and logged.

    Attributes:
      api: what is asked for, such as `predict`.
      entrypoint: `REST` or `GRPC`.
      model: name of the model; empty as long as it is not known to be one.
      version: number of the version that answers; 0 before it is known.
      request_id: the client's, or a new one.
      error: what the request is answered instead; None while all is well.
      headers: of the answer, over HTTP.
      start_secs: when it came.
    """

    api: str
    entrypoint: str
    model: str = ""
    version: int = 0
    request_id: str = ""
    error: RequestError | None = None
    headers: dict[str, str] = field(default_factory=dict)
    start_secs: float = field(default_factory=time.perf_counter)


class Admission:
    """Lets requests in.

    Attributes:
      is_ending: whether the server is about to close its ports.

    Args:
      options: the limits.
      metrics: which every request is counted in.
    """

    def __init__(self, options: ServerOptions, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._under_way = 0
        self.is_ending = False

    async def answer(self, call: Call, work: Callable[[], Awaitable[T]]) -> T | None:
        """What the work gives. Every error of it, and every refusal, is then `call.error`, and none is raised."""
        self._under_way += 1
        self._metrics.in_flight.set(self._under_way)
        try:
            if self._under_way > self._options.max_requests:
                raise RequestError(
                    Code.UNAVAILABLE, f"{self._options.max_requests} requests are under way, the most that may be"
                )
            async with asyncio.timeout(self._options.timeout_secs):
                return await work()
        except RequestError as error:
            call.error = error
        except TimeoutError:
            call.error = RequestError(
                Code.DEADLINE_EXCEEDED, f"the request took longer than {self._options.timeout_secs:g} s"
            )
        except asyncio.CancelledError:
            call.error = RequestError(Code.CANCELLED, "the client went away")
            raise
        except Exception as error:
            log.exception("%s of %s failed", call.api, call.model)
            call.error = RequestError(Code.INTERNAL, f"{type(error).__name__}: {error}"[:500])
        finally:
            self._under_way -= 1
            self._metrics.in_flight.set(self._under_way)
            self._record(call)
        return None

    def _record(self, call: Call) -> None:
        secs = time.perf_counter() - call.start_secs
        code = call.error.code if call.error else Code.OK
        self._metrics.count_request(call.model, call.api, call.entrypoint, code, secs)
        if not self._options.access_log:
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": call.request_id or uuid.uuid4().hex,
            "entrypoint": call.entrypoint,
            "api": call.api,
            "model": call.model,
            "version": call.version,
            "status": code.name,
            "ms": round(secs * 1000, 3),
        }
        if call.error:
            line["error"] = call.error.message
        sys.stderr.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE).decode())
