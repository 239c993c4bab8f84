"""What every gRPC method goes through."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from serving.server.admission import Admission, Call
from serving.server.errors import Code, RequestError

Answer = Callable[[Any, Call], Awaitable[Any]]


@dataclass(frozen=True)
class Entry:
    """The way into all of gRPC's methods.

    Attributes:
      admission: lets requests in.
      token: what clients must send; empty where anyone may ask.
    """

    admission: Admission
    token: str = ""

    async def answer(self, api: str, answer: Answer, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """What a method returns to gRPC."""
        metadata = dict(context.invocation_metadata() or ())
        call = Call(api, "GRPC", request_id=metadata.get("x-request-id", ""))

        async def work() -> Any:
            given = metadata.get("authorization", "")
            if self.token and not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                raise RequestError(
                    Code.UNAUTHENTICATED, "a bearer token must be sent that this server was started with"
                )
            return await answer(request, call)

        response = await self.admission.answer(call, work)
        if call.error is not None:
            await context.abort(call.error.code, call.error.message)
        return response
