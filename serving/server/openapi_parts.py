"""What the descriptions of HTTP's interfaces have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

JSON = "application/json"
JSON_VALUE: Schema = {"type": ["number", "string", "boolean", "object", "array"]}
MODEL = {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
_ERRORS = {
    "400": "The request is not what the interface or the model takes; or the path is none.",
    "401": "The bearer token is missing or wrong.",
    "404": "No such model or version is served.",
    "413": "The body is too long.",
    "500": "The model failed.",
    "501": "The interface has no values of the type that the signature asks for.",
    "503": "Too many requests wait, or are under way.",
    "504": "The request took too long.",
}


def listed(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def record(required: Mapping[str, Schema], *, others: Schema | None = None, **optional: Schema) -> Schema:
    """An object with these fields.

    Args:
      required: those that are always there.
      others: what further ones are; anything if there is none.
      optional: those that may be there.
    """
    schema: Schema = {"type": "object", "properties": {**required, **optional}, "required": list(required)}
    return schema if others is None else {**schema, "additionalProperties": others}


def operation(
    summary: str,
    *,
    tag: str,
    parameters: Sequence[Mapping[str, Any]] = (),
    body: Schema | None = None,
    answer: Schema,
) -> Schema:
    """An operation, with the errors that all have."""
    error = {JSON: {"schema": record({"error": {"type": "string"}})}}
    found: Schema = {
        "summary": summary,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "The answer.", "content": {JSON: {"schema": answer}}},
            **{status: {"description": reason, "content": error} for status, reason in _ERRORS.items()},
        },
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return found
