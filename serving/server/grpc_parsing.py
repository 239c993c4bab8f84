"""Messages that are none, over gRPC: the client is told, where grpc itself answers UNKNOWN and logs a traceback."""

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from serving.server.errors import Code


class ParsingServer:
    """Stands for a server where generated code adds its services, so that their messages are parsed here.

    Args:
      server: which gets the services.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """As grpc.aio.Server's."""
        self._server.add_generic_rpc_handlers(tuple(map(_ParsingHandlers, handlers)))

    def add_registered_method_handlers(self, service: str, handlers: Any) -> None:
        """A shortcut of newer generated code to the same methods, which would pass by the parsing."""


class _ParsingHandlers(grpc.GenericRpcHandler):
    def __init__(self, inner: grpc.GenericRpcHandler) -> None:
        self._inner = inner
        self._known: dict[str, grpc.RpcMethodHandler | None] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = handler_call_details.method
        if method in self._known:
            return self._known[method]
        handler = self._inner.service(handler_call_details)
        # Names that clients make up are not kept.
        if handler is not None:
            handler = self._known[method] = _parsing(handler)
        return handler


def _parsing(handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    if handler.unary_unary is None:
        return handler

    async def answer(message: bytes, context: grpc.aio.ServicerContext) -> Any:
        try:
            request = handler.request_deserializer(message)
        except DecodeError:
            await context.abort(Code.INVALID_ARGUMENT, "the request must be a message of the method's type")
        return await handler.unary_unary(request, context)

    return grpc.unary_unary_rpc_method_handler(answer, response_serializer=handler.response_serializer)
