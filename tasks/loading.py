"""From the dotted path and the options in a config to a task, in whichever process."""

import hashlib
import importlib
import importlib.util
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tasks.base import Task
from tasks.shipped import SHIPPED_TASKS


class TaskNotFoundError(ValueError):
    """The dotted path leads to no task."""

    title = "Wrong config"
    exit_code = 2


def task_class(path: str) -> type[Task]:
    """The class at `package.module.Class`.

    Raises:
      TaskNotFoundError: there is no such module or class, or it is no Task.
    """
    module_name, _, class_name = path.rpartition(".")
    shipped = ", ".join(SHIPPED_TASKS)
    advice = f"Name one of the shipped tasks ({shipped}), or a class of yours in a module beside the config."
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, ValueError, AttributeError) as error:
        raise TaskNotFoundError(
            f"task must be the dotted path of a class. Received: {path!r} ({error}). {advice}"
        ) from error
    if not (inspect.isclass(found) and issubclass(found, Task)):
        raise TaskNotFoundError(f"task must lead to a subclass of tasks.base.Task. Received: {path!r}. {advice}")
    return found


class TaskSpec(BaseModel):
    """A task as it travels between steps: JSON in an execution property."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    options: dict[str, Any]

    def load(self) -> Task:
        """Makes the task. Raises TaskNotFoundError, or pydantic's ValidationError for wrong options."""
        cls = task_class(self.task)
        return cls(cls.Options.model_validate(self.options))

    @classmethod
    def parse(cls, text: str) -> Task:
        """The task of a spec's JSON."""
        return cls.model_validate_json(text).load()


def code_digest(*modules: str) -> str:
    """A digest of the source of packages or modules; among a step's properties, it makes the cache see new code."""
    digest = hashlib.sha256()
    for name in modules:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise TaskNotFoundError(f"The module must be importable. Received: {name!r}.")
        origin = Path(spec.origin)
        for path in sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def custom_config(spec: TaskSpec, **more: Any) -> dict[str, Any]:
    """The JSON-serializable custom_config by which TFX's own components hand a task to our functions."""
    return {"task_spec": spec.model_dump_json(), **more}


def task_of(custom_config: Mapping[str, Any]) -> Task:
    """The task in a custom_config of TFX's own components."""
    return TaskSpec.model_validate(json.loads(custom_config["task_spec"])).load()
