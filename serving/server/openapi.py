"""What /docs says of TensorFlow Serving's REST interface, whose bodies our own code reads."""

from typing import Any

# How a path names a version, and the parameter that does.
TARGETS: dict[str, dict[str, Any] | None] = {
    "": None,
    "/versions/{version}": {"name": "version", "in": "path", "required": True, "schema": {"type": "integer"}},
    "/labels/{label}": {
        "name": "label",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "A stage of the registry, such as production or canary.",
    },
}
_MODEL = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
_SIGNATURE = {"type": "string", "default": "serving_default", "description": "Name of the signature."}
_ANY = {"description": 'Numbers, strings, {"b64": "..."} for bytes, or nested lists or objects of them.'}
_EXAMPLES = {
    "type": "object",
    "required": ["examples"],
    "properties": {
        "signature_name": _SIGNATURE,
        "context": {"type": "object", "description": "Features that all examples share."},
        "examples": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}
_PREDICT = {
    "type": "object",
    "properties": {
        "signature_name": _SIGNATURE,
        "instances": {"type": "array", "minItems": 1, "items": _ANY},
        "inputs": _ANY,
    },
}
# Method, end of the path, summary and body of each call.
_CALLS: tuple[tuple[str, str, str, dict[str, Any] | None], ...] = (
    ("post", ":predict", "Predictions for instances (rows) or inputs (columns).", _PREDICT),
    ("post", ":classify", "Classes and scores of examples.", _EXAMPLES),
    ("post", ":regress", "A value of each example.", _EXAMPLES),
    ("get", "/metadata", "The signatures of a version: names, types and shapes of inputs and outputs.", None),
    ("get", "", "State of each version.", None),
)
_ERROR_SCHEMA = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_RESPONSES = {
    "200": {"description": "The answer.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "default": {"description": "What was wrong.", "content": {"application/json": {"schema": _ERROR_SCHEMA}}},
}


def document() -> dict[str, Any]:
    """The OpenAPI description."""
    paths: dict[str, Any] = {}
    for target, parameter in TARGETS.items():
        for method, end, summary, body in _CALLS:
            operation: dict[str, Any] = {
                "summary": summary,
                "parameters": [_MODEL, *([parameter] if parameter else [])],
                "responses": _RESPONSES,
            }
            if body is not None:
                operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
            paths[f"/v1/models/{{model}}{target}{end}"] = {method: operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Slipway model server: TensorFlow Serving's REST interface", "version": "1"},
        "paths": paths,
    }
