"""The config's JSON Schema."""

from typing import Any

from pydantic.json_schema import models_json_schema

from pipeline.config import PipelineConfig
from tasks.loading import task_class
from tasks.shipped import SHIPPED_TASKS


def config_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of PipelineConfig; where `task` names a shipped task, `options` is checked as well."""
    options = {path: task_class(path).Options for path in SHIPPED_TASKS}
    # All in one, so that pydantic gives models of the same name definitions of different ones.
    references, schemas = models_json_schema([(model, "validation") for model in (PipelineConfig, *options.values())])
    definitions = schemas["$defs"]
    config = definitions.pop(references[PipelineConfig, "validation"]["$ref"].removeprefix("#/$defs/"))
    conditions = [
        {
            "if": {"properties": {"task": {"const": path}}, "required": ["task"]},
            "then": {"properties": {"options": references[model, "validation"]}},
        }
        for path, model in options.items()
    ]
    schema = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": schema, **config, "$defs": definitions, "allOf": conditions}
