"""What /openapi.json says of HTTP's interfaces, whose bodies our own code reads: TensorFlow Serving's, and V2's."""

from typing import Any

from serving.server import openapi_v2
from serving.server.openapi_parts import JSON_VALUE, MODEL, VERSION, listed, operation, record

# How a path names a version, and the parameter that does.
TARGETS: dict[str, dict[str, Any] | None] = {
    "": None,
    "/versions/{version}": VERSION,
    "/labels/{label}": {
        "name": "label",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "description": "A stage of the registry, such as production or canary.",
    },
}
_SIGNATURE = {"type": "string", "default": "serving_default", "description": "Name of the signature."}
_VALUES = {
    **JSON_VALUE,
    "description": 'Numbers (NaN and Infinity, too), strings, {"b64": "…"} for bytes, or nested lists of them.',
}
_NAMED = {"description": "Of several inputs: values by the names of the inputs.", **record({}, others=_VALUES)}
_ROWS = {"type": "array", "minItems": 1, "items": {"anyOf": [_NAMED, _VALUES]}}
_PREDICT = {
    "type": "object",
    "properties": {"signature_name": _SIGNATURE},
    "oneOf": [
        {"title": "rows", "properties": {"instances": _ROWS}, "required": ["instances"]},
        {"title": "columns", "properties": {"inputs": {"anyOf": [_NAMED, _VALUES]}}, "required": ["inputs"]},
    ],
}
_PREDICTIONS = {
    "type": "object",
    "oneOf": [
        {"properties": {"predictions": listed(JSON_VALUE)}, "required": ["predictions"]},
        {"properties": {"outputs": JSON_VALUE}, "required": ["outputs"]},
    ],
}
_FEATURE = {"type": ["number", "string", "boolean", "object"], "description": 'An object is {"b64": "…"}.'}
_EXAMPLE = {
    "description": "A value or a list of values of each feature.",
    **record({}, others={"anyOf": [_FEATURE, listed(_FEATURE)]}),
}
_EXAMPLES = record(
    {"examples": {"type": "array", "minItems": 1, "items": _EXAMPLE}},
    signature_name=_SIGNATURE,
    context={**_EXAMPLE, "description": "Features that all examples share."},
)
_CLASS = {"type": "array", "prefixItems": [{"type": "string"}, {"type": ["number", "string"]}], "minItems": 2}
_STATUS = record(
    {
        "version": {"type": "string"},
        "state": {"enum": ["UNKNOWN", "START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
        "status": record({"error_code": {"type": "string"}, "error_message": {"type": "string"}}),
    }
)
# Method, end of the path, summary, body and answer of each call.
_CALLS: tuple[tuple[str, str, str, dict[str, Any] | None, dict[str, Any]], ...] = (
    ("post", ":predict", "Predictions for instances (rows) or inputs (columns).", _PREDICT, _PREDICTIONS),
    (
        "post",
        ":classify",
        "Classes and scores of examples.",
        _EXAMPLES,
        record({"results": listed(listed(_CLASS))}),
    ),
    ("post", ":regress", "A value of each example.", _EXAMPLES, record({"results": listed({"type": "number"})})),
    (
        "get",
        "/metadata",
        "The signatures of a version: names, types and shapes of inputs and outputs.",
        None,
        record({"model_spec": {"type": "object"}, "metadata": record({"signature_def": {"type": "object"}})}),
    ),
    ("get", "", "State of each version.", None, record({"model_version_status": listed(_STATUS)})),
)


def document() -> dict[str, Any]:
    """The OpenAPI description."""
    paths: dict[str, Any] = {}
    for target, parameter in TARGETS.items():
        for method, end, summary, body, answer in _CALLS:
            paths[f"/v1/models/{{model}}{target}{end}"] = {
                method: operation(
                    summary,
                    tag="TensorFlow Serving",
                    parameters=[MODEL, *([parameter] if parameter else [])],
                    body=body,
                    answer=answer,
                )
            }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Slipway model server", "version": "1"},
        "tags": [
            {"name": "TensorFlow Serving", "description": "TensorFlow Serving's REST interface."},
            {"name": openapi_v2.TAG, "description": "KServe's V2, and its repository of models."},
        ],
        "paths": {**paths, **openapi_v2.paths()},
    }
