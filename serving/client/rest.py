"""TensorFlow Serving's REST (g3doc/api_rest.md). Needs no TensorFlow."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import requests

from serving.client.address import ModelAddress
from serving.client.answers import SignatureInfo, VersionStatus
from serving.client.errors import ClientError, ServerBusyError
from serving.tensor_info import TensorInfo

# Too many requests, a gateway whose server is away, and UNAVAILABLE (model_servers/http_server.cc:78).
_BUSY = (429, 502, 503)
# By the names of tensorflow/core/framework/types.proto.
_DTYPES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_INT8": "int8",
    "DT_INT16": "int16",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_UINT8": "uint8",
    "DT_UINT16": "uint16",
    "DT_UINT32": "uint32",
    "DT_UINT64": "uint64",
    "DT_BOOL": "bool",
    "DT_STRING": "object",
    "DT_HALF": "float16",
}


class RestTransport:
    """Asks a model over HTTP, on connections that stay open."""

    def __init__(self, address: ModelAddress) -> None:
        self._address = address

    @cached_property
    def _session(self) -> requests.Session:
        return requests.Session()

    def status(self, timeout_secs: float) -> list[VersionStatus]:
        """See `ServingClient.status`."""
        answer = self._ask("GET", "", timeout_secs)
        with self._reading(answer):
            return [
                VersionStatus(
                    version=int(one["version"]),
                    state=one["state"],
                    error=one.get("status", {}).get("error_message", ""),
                )
                for one in answer["model_version_status"]
            ]

    def signatures(self, timeout_secs: float) -> dict[str, SignatureInfo]:
        """See `ServingClient.signatures`."""
        answer = self._ask("GET", "/metadata", timeout_secs)
        with self._reading(answer):
            return {
                name: SignatureInfo(inputs=_infos(one.get("inputs", {})), outputs=_infos(one.get("outputs", {})))
                for name, one in answer["metadata"]["signature_def"]["signature_def"].items()
            }

    def predict(
        self, inputs: Mapping[str, np.ndarray], signature: str, info: SignatureInfo, timeout_secs: float
    ) -> dict[str, np.ndarray]:
        """See `ServingClient.predict`."""
        values = {name: _to_json(np.asarray(value)) for name, value in inputs.items()}
        answer = self._ask("POST", ":predict", timeout_secs, {"signature_name": signature, "inputs": values})
        with self._reading(answer):
            outputs = answer["outputs"]
            # The name of a single output is left out.
            if len(info.outputs) == 1:
                [name] = info.outputs
                outputs = {name: outputs}
            return {name: _from_json(value, info.outputs[name]) for name, value in outputs.items()}

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    @contextmanager
    def _reading(self, answer: Any) -> Iterator[None]:
        """Explains an answer that does not have what TF Serving's has."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError):
            shown = json.dumps(answer)[:200]
            raise ClientError(
                f"A server must answer as TensorFlow Serving does. Received: {shown}, from {self._address.host}."
            ) from None

    def _ask(self, method: str, suffix: str, timeout_secs: float, body: Any = None) -> Any:
        url = f"{self._address.host}{self._address.path}{suffix}"
        # NaN and Infinity are written as tokens, which the server takes ("JSON conformance").
        data = None if body is None else json.dumps(body)
        try:
            response = self._session.request(method, url, data=data, timeout=timeout_secs)
        except requests.Timeout:
            raise ServerBusyError(f"A server must answer within the deadline. Received: nothing from {url}.") from None
        except requests.RequestException as error:
            reason = str(error)[:200]
            raise ServerBusyError(f"A server must be there. Received: {reason}, from {url}.") from None
        if response.status_code in _BUSY:
            raise ServerBusyError(f"{url} answered {response.status_code}: {_error(response)}")
        if response.status_code != 200:
            raise ClientError(f"{url} answered {response.status_code}: {_error(response)}")
        try:
            return response.json()
        except ValueError:
            raise ClientError(f"A server must answer in JSON. Received: {response.text[:200]!r}, from {url}.") from None


def _error(response: requests.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _infos(tensors: Mapping[str, Any]) -> dict[str, TensorInfo]:
    infos = {}
    for name, tensor in tensors.items():
        sizes = [int(one["size"]) for one in tensor.get("tensor_shape", {}).get("dim", [])]
        shape = tuple(None if size < 0 else size for size in sizes)
        infos[name] = TensorInfo(name=name, shape=shape, dtype=np.dtype(_DTYPES[tensor["dtype"]]))
    return infos


def _to_json(value: np.ndarray) -> Any:
    """Nested lists; bytes as base64, which text may be as well."""
    if value.dtype.kind not in "OSU":
        return value.tolist()
    if value.ndim:
        return [_to_json(np.asarray(one)) for one in value]
    one = value.item()
    return {"b64": base64.b64encode(one.encode() if isinstance(one, str) else one).decode()}


def _from_json(value: Any, info: TensorInfo) -> np.ndarray:
    if info.dtype.kind != "O":
        return np.asarray(value, info.dtype)
    return _bytes(np.asarray(value, object))


def _bytes(values: np.ndarray) -> np.ndarray:
    """Strings as bytes, as TensorFlow has them."""
    decoded = np.empty(values.shape, object)
    for index, one in np.ndenumerate(values):
        decoded[index] = base64.b64decode(one["b64"]) if isinstance(one, dict) else str(one).encode()
    return decoded
