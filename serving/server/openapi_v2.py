"""What /openapi.json says of the Open Inference Protocol (KServe's V2)."""

from typing import Any

from serving.server.json_values import MAX_AXES
from serving.server.openapi_parts import JSON_VALUE, MODEL, VERSION, listed, operation, record
from serving.server.v2_tensors import DTYPES

TAG = "Open Inference Protocol"
_BYTES = "application/octet-stream"
_TEXT = {"type": "string"}
_TYPE = {"enum": list(DTYPES)}
_PARAMETERS = {"type": "object", "description": "signature_name, binary_data_output, binary_data_size, binary_data."}
_SHAPE = {"type": "array", "maxItems": MAX_AXES, "items": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}}
_DATA = {"type": "array", "description": "Values in row-major order, flat or nested."}
_INFER = record(
    {"inputs": listed(record({"name": _TEXT, "shape": _SHAPE, "datatype": _TYPE}, data=_DATA, parameters=_PARAMETERS))},
    id=_TEXT,
    parameters=_PARAMETERS,
    outputs=listed(record({"name": _TEXT}, parameters=_PARAMETERS)),
)
_INFERRED = record(
    {
        "model_name": _TEXT,
        "model_version": _TEXT,
        "outputs": listed(
            record({"name": _TEXT, "shape": _SHAPE, "datatype": _TYPE}, data=_DATA, parameters=_PARAMETERS)
        ),
    },
    id=JSON_VALUE,
)
_JSON_LENGTH = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "Bytes of the JSON in the body; those of tensors follow.",
}
_CHOSEN_SIGNATURE = {"name": "signature_name", "in": "query", "required": False, "schema": _TEXT}
_TENSORS = listed(record({"name": _TEXT, "datatype": _TEXT, "shape": listed({"type": "integer", "minimum": -1})}))
_METADATA = record(
    {"name": _TEXT, "versions": listed(_TEXT), "platform": _TEXT, "inputs": _TENSORS, "outputs": _TENSORS}
)
_INDEX = listed(record({"name": _TEXT, "version": _TEXT, "state": {"enum": ["READY", "UNAVAILABLE"]}, "reason": _TEXT}))
_FLAG = {"type": "boolean"}


def paths() -> dict[str, Any]:
    """Operations by path and method."""
    server = record({"name": _TEXT, "version": _TEXT, "extensions": listed(_TEXT)})
    health = record({"live": _FLAG, "ready": _FLAG})
    ready = _get("Whether all models are served.", health)
    # The same answer where they are not.
    ready["get"]["responses"]["503"] = {**ready["get"]["responses"]["200"], "description": "They are not."}
    found = {
        "/v2": _get("The server.", server),
        "/v2/health/live": _get("Whether it runs.", record({"live": _FLAG})),
        "/v2/health/ready": ready,
        "/v2/models": _get("The models.", record({"models": listed(_TEXT)})),
        "/v2/repository/index": _post("Each version in the registry.", _INDEX),
        "/v2/repository/models/{model}/load": _post(
            "Serves a model again.", record({"name": _TEXT, "load": _FLAG}), MODEL
        ),
        "/v2/repository/models/{model}/unload": _post(
            "Serves a model no more, until it is loaded; the registry stays as it is.",
            record({"name": _TEXT, "unload": _FLAG}),
            MODEL,
        ),
    }
    for end, parameters in (("", (MODEL,)), ("/versions/{version}", (MODEL, VERSION))):
        path = f"/v2/models/{{model}}{end}"
        found[path] = _get("Inputs and outputs.", _METADATA, *parameters, _CHOSEN_SIGNATURE)
        found[f"{path}/ready"] = _get("Whether it is served.", record({"name": _TEXT, "ready": _FLAG}), *parameters)
        found[f"{path}/infer"] = _infer(*parameters)
    return found


def _get(summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"get": operation(summary, tag=TAG, parameters=parameters, answer=answer)}


def _post(summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"post": operation(summary, tag=TAG, parameters=parameters, answer=answer)}


def _infer(*parameters: dict[str, Any]) -> dict[str, Any]:
    """Bodies and answers may be JSON with bytes after it."""
    found = operation(
        "Outputs for tensors.", tag=TAG, parameters=[*parameters, _JSON_LENGTH], body=_INFER, answer=_INFERRED
    )
    for holder in (found["requestBody"], found["responses"]["200"]):
        holder["content"][_BYTES] = {"schema": {"type": "string", "format": "binary"}}
    return {"post": found}
