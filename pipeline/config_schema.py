"""The JSON Schema of a config's file."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pipeline.config import PipelineConfig
from pipeline.config_file import EXTENDS
from tasks.loading import task_class
from tasks.shipped import SHIPPED_TASKS

_DEFINITIONS = "#/$defs/"


def config_schema(own_tasks: Iterable[str] = ()) -> dict[str, Any]:
    """JSON Schema (2020-12) of a config; where `task` is known, `options` is checked as well.

    In a config that extends another one nothing is required, for the other may have it.

    Args:
      own_tasks: dotted paths of tasks that are known beside the shipped ones.

    Raises:
      TaskNotFoundError: a path leads to no task.
    """
    options = {path: task_class(path).Options for path in dict.fromkeys((*SHIPPED_TASKS, *own_tasks))}
    models: list[type[BaseModel]] = list(dict.fromkeys((PipelineConfig, *options.values())))
    # All in one, so that pydantic gives models of the same name definitions of different ones.
    references, schemas = models_json_schema([(model, "validation") for model in models])
    definitions = schemas["$defs"]
    whole = {
        **references[PipelineConfig, "validation"],
        "allOf": [
            {
                "if": {"properties": {"task": {"const": path}}, "required": ["task"]},
                "then": {"properties": {"options": references[model, "validation"]}},
            }
            for path, model in options.items()
        ],
    }
    partial = {f"Partial{name}": _partial(definition) for name, definition in definitions.items()}
    config = partial[f"Partial{references[PipelineConfig, 'validation']['$ref'].removeprefix(_DEFINITIONS)}"]
    extends = {"type": "string", "description": "A config that this one is laid over, relative to its folder."}
    config["properties"] = {EXTENDS: extends, **config["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": PipelineConfig.__name__,
        "if": {"required": [EXTENDS]},
        "then": _partial(whole),
        "else": whole,
        "$defs": {**definitions, **partial},
    }


def _partial(schema: Any) -> Any:
    """A schema of the same values with any keys left out, made of the definitions whose names begin with Partial."""
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "$ref":
            found[key] = value.replace(_DEFINITIONS, f"{_DEFINITIONS}Partial")
        elif key == "oneOf":
            # Without its `kind`, a section may be of several.
            found["anyOf"] = _partial(value)
        elif key == "properties":
            # Names of keys, some of which may be called as keywords are.
            found[key] = {name: _partial(each) for name, each in value.items()}
        elif key == "if":
            found[key] = value
        elif key not in ("required", "discriminator", "minProperties"):
            found[key] = _partial(value)
    return found
