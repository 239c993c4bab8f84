"""The config's JSON Schema."""

import copy
from typing import Any

from pipeline.config import PipelineConfig
from tasks.loading import task_class

SHIPPED_TASKS = ("tasks.image_classification.ImageClassification",)


def config_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of PipelineConfig; where `task` names a shipped task, `options` is checked as well."""
    schema = PipelineConfig.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    conditions = []
    for path in SHIPPED_TASKS:
        options = copy.deepcopy(task_class(path).Options.model_json_schema())
        definitions.update(options.pop("$defs", {}))
        name = options["title"]
        definitions[name] = options
        conditions.append(
            {
                "if": {"properties": {"task": {"const": path}}, "required": ["task"]},
                "then": {"properties": {"options": {"$ref": f"#/$defs/{name}"}}},
            }
        )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "allOf": conditions}
