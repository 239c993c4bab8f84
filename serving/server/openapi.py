"""What /docs says of TensorFlow Serving's REST interface, whose bodies our own code reads."""

from typing import Any

# How a path names a version.
TARGETS = ("", "/versions/{version:int}", "/labels/{label}")

_SUMMARIES = {
    "predict": "Predictions for instances (rows) or inputs (columns).",
    "classify": "Classes and scores of examples.",
    "regress": "A value of each example.",
    "metadata": "The signatures of a version: names, types and shapes of inputs and outputs.",
    "status": "State of each version.",
}
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
_BODIES = {
    "predict": {
        "type": "object",
        "properties": {
            "signature_name": _SIGNATURE,
            "instances": {"type": "array", "minItems": 1, "items": _ANY},
            "inputs": _ANY,
        },
    },
    "classify": _EXAMPLES,
    "regress": _EXAMPLES,
}
_PARAMETERS = {
    "": [],
    "/versions/{version:int}": [
        {"name": "version", "in": "path", "required": True, "schema": {"type": "integer"}},
    ],
    "/labels/{label}": [
        {
            "name": "label",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": "A stage of the registry, such as production or canary.",
        },
    ],
}
_ERROR = {
    "description": "What was wrong.",
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}},
    },
}


def described(api: str, target: str) -> dict[str, Any]:
    """Arguments of FastAPI's route: what its description says."""
    model = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
    extra: dict[str, Any] = {"parameters": [model, *_PARAMETERS[target]]}
    if api in _BODIES:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": _BODIES[api]}}}
    return {
        "summary": _SUMMARIES[api],
        "operation_id": f"{api}{target.split('/')[1] if target else ''}",
        "responses": {400: _ERROR, 404: _ERROR, 503: _ERROR},
        "openapi_extra": extra,
    }
