"""TensorFlow Serving's REST interface, https://www.tensorflow.org/tfx/serving/api_rest."""

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.server import docs_page, examples, metrics, model_service, openapi
from serving.server.admission import Admission, Call
from serving.server.catalog import Catalog, Version
from serving.server.errors import HTTP_STATUS, Code, RequestError, invalid
from serving.server.json_outputs import decimals, error_json, predictions_json
from serving.server.json_tensors import parse_json, read_tensors, signature_name
from serving.server.options import ServerOptions

JSON = "application/json"


class _Number(Convertor[int]):
    """A number in a path, of no more digits than Python reads."""

    regex = "[0-9]{1,100}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Number())
_MAX_VERSION = 2**63 - 1
REQUEST_ID = "x-request-id"


@dataclass(frozen=True)
class Rest:
    """Answers HTTP requests.

    Attributes:
      catalog: the models.
      admission: lets requests in.
      figures: what Prometheus reads.
      options: the server's.
    """

    catalog: Catalog
    admission: Admission
    figures: metrics.Metrics
    options: ServerOptions

    def app(self, more: Sequence[Route] = ()) -> Starlette:
        """The application, with its description at /docs and /openapi.json.

        Args:
          more: routes of other protocols.
        """
        verbs = {"predict": self._predict, examples.CLASSIFY: self._classify, examples.REGRESS: self._regress}
        routes = []
        for target in openapi.TARGETS:
            path = f"/v1/models/{{model}}{target.replace('{version}', '{version:number}')}"
            for verb, answer in verbs.items():
                routes.append(Route(f"{path}:{verb}", self.handler(verb, answer), methods=["POST"]))
            routes.append(Route(f"{path}/metadata", self.handler("metadata", self._metadata)))
            routes.append(Route(path, self.handler("status", self._status)))
        description = orjson.dumps(openapi.document())
        return Starlette(
            routes=[
                *routes,
                *more,
                Route(metrics.PATH, self._figures),
                Route("/openapi.json", lambda request: Response(description, media_type=JSON)),
                *docs_page.routes(),
                Route("/v1/{rest:path}", self._malformed, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
            ],
            exception_handlers={HTTPException: _no_route},
        )

    def handler(
        self, api: str, answer: Callable[[Request, Call], Awaitable[bytes]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """What answers a route: admitted, counted, and with errors as TensorFlow Serving writes them."""

        async def handle(request: Request) -> Response:
            call = Call(api, "REST", request_id=request.headers.get(REQUEST_ID, ""))

            async def work() -> bytes:
                self._check_token(request)
                return await answer(request, call)

            body = await self.admission.answer(call, work)
            headers = call.headers
            if call.request_id:
                headers[REQUEST_ID] = call.request_id
            if self.admission.is_ending:
                headers["connection"] = "close"
            if call.error is None:
                return Response(body, media_type=JSON, headers=headers)
            error = call.error
            return Response(error_json(error.message), error.http_status, media_type=JSON, headers=headers)

        return handle

    def _check_token(self, request: Request) -> None:
        expected = self.options.token
        given = request.headers.get("authorization", "") if expected else ""
        if expected and not hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
            raise RequestError(Code.UNAUTHENTICATED, "a bearer token must be sent that this server was started with")

    async def read_body(self, request: Request) -> bytes:
        """A body. Raises RequestError if it is too long."""
        limit = self.options.max_body_bytes
        too_long = RequestError(
            Code.RESOURCE_EXHAUSTED, f"a body must be of at most {limit:,} bytes. Received: more.", http_status=413
        )
        if int(request.headers.get("content-length", 0)) > limit:
            raise too_long
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise too_long
        return bytes(body)

    def find(self, request: Request, call: Call) -> Version:
        """The version that a path names. Raises RequestError."""
        version = self.catalog.find(*_target(request))
        call.model, call.version = version.model, version.number
        return version

    async def _predict(self, request: Request, call: Call) -> bytes:
        with self.find(request, call).in_use() as version:
            body = await self.read_body(request)
            document = parse_json(body)
            runner = version.runner(signature_name(document))
            has_bools = b"true" in body or b"false" in body
            tensors, in_rows = read_tensors(document, runner.signature.inputs, has_bools=has_bools)
            return predictions_json(await runner.run(tensors), in_rows=in_rows)

    async def _classify(self, request: Request, call: Call) -> bytes:
        with self.find(request, call).in_use() as version:
            document = parse_json(await self.read_body(request))
            serialized = examples.serialized_examples(examples.input_from_json(document))
            self.figures.count_examples(version.model, len(serialized))
            result = await examples.classify(version.runner(signature_name(document)), serialized)
        rows = [
            list(zip([each.label for each in row.classes], _decimals(row.classes, "score"), strict=True))
            for row in result.classifications
        ]
        return json.dumps({"results": rows}).encode()

    async def _regress(self, request: Request, call: Call) -> bytes:
        with self.find(request, call).in_use() as version:
            document = parse_json(await self.read_body(request))
            serialized = examples.serialized_examples(examples.input_from_json(document))
            self.figures.count_examples(version.model, len(serialized))
            result = await examples.regress(version.runner(signature_name(document)), serialized)
        return json.dumps({"results": _decimals(result.regressions, "value")}).encode()

    async def _status(self, request: Request, call: Call) -> bytes:
        response = model_service.model_status(self.catalog, *_target(request))
        return orjson.dumps(model_service.to_dict(response), option=orjson.OPT_INDENT_2)

    async def _metadata(self, request: Request, call: Call) -> bytes:
        response = model_service.model_metadata(self.catalog, *_target(request))
        return orjson.dumps(model_service.metadata_json(response), option=orjson.OPT_INDENT_2)

    async def _figures(self, request: Request) -> Response:
        try:
            self._check_token(request)
        except RequestError as error:
            return Response(error.message, error.http_status, media_type=metrics.CONTENT_TYPE)
        return Response(self.figures.page(), media_type=metrics.CONTENT_TYPE)

    async def _malformed(self, request: Request) -> Response:
        message = f"Malformed request: {request.method} {request.url.path}"
        return Response(error_json(message), HTTP_STATUS[Code.INVALID_ARGUMENT], media_type=JSON)


async def _no_route(request: Request, error: Exception) -> Response:
    """A path or a method of no route."""
    assert isinstance(error, HTTPException)
    return Response(error_json(error.detail), error.status_code, media_type=JSON, headers=error.headers)


def _decimals(messages: Sequence[Any], field: str) -> list[float]:
    return decimals(np.array([getattr(message, field) for message in messages], np.float32))


def _target(request: Request) -> tuple[str, int | None, str | None]:
    """Model, version and label of a path."""
    given = request.path_params
    number = given.get("version")
    if number is not None and number > _MAX_VERSION:
        raise invalid(f"Failed to convert version: {number} to numeric.")
    return given["model"], number, given.get("label")
