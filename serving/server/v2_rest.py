"""The Open Inference Protocol (KServe's V2) over REST, with its extension for binary tensors and model repositories.

Where the specification and KServe's client differ, both are satisfied: the answer of /v2/health/ready has `live`, as
the one says, and `ready`, as the other reads.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.server import v2_tensors
from serving.server.admission import Call
from serving.server.batching import Runner
from serving.server.catalog import AVAILABLE, Version
from serving.server.errors import Code, RequestError, invalid
from serving.server.json_tensors import parse_json
from serving.server.rest import JSON, Rest
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.watcher import Watcher

# Tells how much of a body is JSON; tensors follow.
HEADER_LENGTH = "inference-header-content-length"
EXTENSIONS = ("binary_tensor_data", "model_repository")
# The protocol has no signatures: the one on tensors answers, or the one that a parameter of this name says.
SIGNATURE_PARAMETER = "signature_name"
_TENSOR_SIGNATURE = "predict"
# Of a length of bytes.
_MAX_DIGITS = 20


def chosen_runner(version: Version, parameters: Mapping[str, Any]) -> Runner:
    """The signature that a request asks for. Raises RequestError."""
    default = _TENSOR_SIGNATURE if _TENSOR_SIGNATURE in version.runners else DEFAULT_SIGNATURE
    return version.runner(str(parameters.get(SIGNATURE_PARAMETER, default)))


@dataclass(frozen=True)
class V2Rest:
    """Answers V2's requests.

    Attributes:
      rest: what all of HTTP's requests go through.
      watcher: loads and unloads models.
    """

    rest: Rest
    watcher: Watcher

    def routes(self) -> list[Route]:
        """Paths of the protocol."""
        handler = self.rest.handler
        found = [
            Route("/v2", handler("v2_metadata", self._server)),
            Route("/v2/health/live", self._live),
            Route("/v2/health/ready", self._ready),
            Route("/v2/models", handler("v2_models", self._models)),
            Route("/v2/repository/index", handler("v2_index", self._index), methods=["POST"]),
            Route("/v2/repository/models/{model}/load", handler("v2_load", self._load), methods=["POST"]),
            Route("/v2/repository/models/{model}/unload", handler("v2_unload", self._unload), methods=["POST"]),
        ]
        for path in ("/v2/models/{model}", "/v2/models/{model}/versions/{version:number}"):
            found.append(Route(f"{path}/infer", handler("v2_infer", self._infer), methods=["POST"]))
            found.append(Route(f"{path}/ready", handler("v2_ready", self._model_ready)))
            found.append(Route(path, handler("v2_model", self._model)))
        return found

    async def _live(self, request: Request) -> Response:
        return Response(orjson.dumps({"live": True}), media_type=JSON)

    async def _ready(self, request: Request) -> Response:
        ready = self.rest.catalog.is_ready and not self.rest.admission.is_ending
        return Response(orjson.dumps({"live": ready, "ready": ready}), 200 if ready else 503, media_type=JSON)

    async def _server(self, request: Request, call: Call) -> bytes:
        return orjson.dumps({"name": "slipway", "version": "1", "extensions": EXTENSIONS})

    async def _models(self, request: Request, call: Call) -> bytes:
        return orjson.dumps({"models": sorted(self.rest.catalog.models)})

    async def _model(self, request: Request, call: Call) -> bytes:
        version = self.rest.find(request, call)
        signature = chosen_runner(version, request.query_params).signature
        versions = self.rest.catalog.models[version.model].versions.values()
        return orjson.dumps(
            {
                "name": version.model,
                "versions": [str(each.number) for each in versions if each.state == AVAILABLE],
                "platform": "tensorflow_savedmodel",
                "inputs": v2_tensors.metadata(signature.inputs),
                "outputs": v2_tensors.metadata(signature.outputs),
            }
        )

    async def _model_ready(self, request: Request, call: Call) -> bytes:
        model = request.path_params["model"]
        if model not in self.rest.catalog.models:
            raise RequestError(Code.NOT_FOUND, f"Could not find any versions of model {model}")
        try:
            self.rest.find(request, call)
        except RequestError as error:
            raise RequestError(Code.UNAVAILABLE, error.message) from None
        return orjson.dumps({"name": model, "ready": True})

    async def _index(self, request: Request, call: Call) -> bytes:
        return orjson.dumps(self.watcher.index())

    async def _load(self, request: Request, call: Call) -> bytes:
        await self.watcher.show(request.path_params["model"])
        return orjson.dumps({"name": request.path_params["model"], "load": True})

    async def _unload(self, request: Request, call: Call) -> bytes:
        await self.watcher.hide(request.path_params["model"])
        return orjson.dumps({"name": request.path_params["model"], "unload": True})

    async def _infer(self, request: Request, call: Call) -> bytes:
        with self.rest.find(request, call).in_use() as version:
            document, content = _split(await self.rest.read_body(request), request.headers.get(HEADER_LENGTH))
            parameters = _parameters(document)
            runner = chosen_runner(version, parameters)
            outputs = await runner.run(_inputs(document, content))
            asked = _asked(document, runner, bool(parameters.get("binary_data_output")))
        answer: dict[str, Any] = {"model_name": version.model, "model_version": str(version.number)}
        if "id" in document:
            answer["id"] = document["id"]
        tensors, raw = [], []
        for name, is_binary in asked.items():
            array = outputs[name]
            tensor: dict[str, Any] = {
                "name": name,
                "shape": list(array.shape),
                "datatype": v2_tensors.type_name(array.dtype),
            }
            if is_binary:
                raw.append(v2_tensors.to_bytes(array))
                tensor["parameters"] = {"binary_data_size": len(raw[-1])}
            else:
                tensor["data"] = v2_tensors.to_json(array, name)
            tensors.append(tensor)
        # Python's own, for NaN and infinity.
        head = json.dumps({**answer, "outputs": tensors}, separators=(",", ":")).encode()
        if raw:
            call.headers |= {HEADER_LENGTH: str(len(head)), "content-type": "application/octet-stream"}
        return b"".join([head, *raw])


def _split(body: bytes, header_length: str | None) -> tuple[dict[str, Any], bytes]:
    """The JSON of a body, and the tensors after it."""
    if header_length is None:
        return parse_json(body), b""
    if not header_length.isdecimal() or len(header_length) > _MAX_DIGITS or int(header_length) > len(body):
        raise invalid(f"{HEADER_LENGTH} must be the length of the JSON in the body. Received: {header_length[:50]}.")
    length = int(header_length)
    return parse_json(body[:length]), body[length:]


def _parameters(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = holder.get("parameters", {})
    if not isinstance(parameters, dict):
        raise invalid(f"parameters must be an object. Received: {str(parameters)[:100]}.")
    return parameters


def _listed(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    values = document.get(key, [])
    if not isinstance(values, list) or not all(
        isinstance(value, dict) and isinstance(value.get("name"), str) for value in values
    ):
        raise invalid(f"{key} must be a list of objects with a name. Received: {str(values)[:100]}.")
    return values


def _inputs(document: Mapping[str, Any], content: bytes) -> dict[str, np.ndarray]:
    inputs, place = {}, 0
    for given in _listed(document, "inputs"):
        name = given["name"]
        shape, dtype = (
            v2_tensors.check_shape(given.get("shape"), name),
            v2_tensors.dtype_of(given.get("datatype"), name),
        )
        size = _parameters(given).get("binary_data_size")
        if size is None:
            inputs[name] = v2_tensors.from_json(given.get("data"), shape, dtype, name)
            continue
        if type(size) is not int or not 0 <= size <= len(content) - place:
            raise invalid(f"binary_data_size of {name} must be the length of its bytes. Received: {str(size)[:50]}.")
        inputs[name] = v2_tensors.from_bytes(content[place : place + size], shape, dtype, name)
        place += size
    if place != len(content):
        raise invalid(f"binary_data_size of all inputs must be {len(content)}, all that follows. Received: {place}.")
    return inputs


def _asked(document: Mapping[str, Any], runner: Runner, is_binary: bool) -> dict[str, bool]:
    """Outputs by name, and whether each shall be bytes."""
    known = runner.signature.outputs
    asked = _listed(document, "outputs")
    for output in asked:
        if output["name"] not in known:
            raise invalid(f"outputs must be among {', '.join(known)}. Received: {output['name']}.")
    if not asked:
        return dict.fromkeys(known, is_binary)
    return {output["name"]: bool(_parameters(output).get("binary_data", is_binary)) for output in asked}
