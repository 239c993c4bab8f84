"""From the dotted path and the options in a config to a task, in whichever process."""

import copy
import importlib
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from data.did_you_mean import did_you_mean
from tasks.aspects import Aspect
from tasks.base import Task
from tasks.options_read import options_read
from tasks.shipped import SHIPPED_TASKS


class TaskNotFoundError(ValueError):
    """The dotted path leads to no task."""

    title = "Wrong config"
    exit_code = 2


class RenamedMethodError(TypeError):
    """A task overrides a method by a name of earlier versions, by which nobody calls it any more."""

    title = "Wrong task"
    exit_code = 2


def task_class(path: str) -> type[Task]:
    """The class at `package.module.Class`.

    Raises:
      TaskNotFoundError: there is no such module or class, or it is no Task.
      RenamedMethodError: the class has a method `adapt`.
    """
    module_name, _, class_name = path.rpartition(".")
    shipped = ", ".join(SHIPPED_TASKS)
    advice = f"Name one of the shipped tasks ({shipped}), or a class of yours in a module beside the config."
    module: ModuleType | None = None
    try:
        module = importlib.import_module(module_name)
        found = getattr(module, class_name)
    except (ImportError, ValueError, AttributeError) as error:
        beside = [f"{module_name}.{name}" for name, value in vars(module).items() if _is_task(value)] if module else []
        raise TaskNotFoundError(
            f"task must be the dotted path of a class. Received: {path!r} ({error}). {advice}"
            f"{did_you_mean(path, [*SHIPPED_TASKS, *beside])}"
        ) from error
    if not _is_task(found):
        raise TaskNotFoundError(f"task must lead to a subclass of tasks.base.Task. Received: {path!r}. {advice}")
    if hasattr(found, "adapt"):
        raise RenamedMethodError(
            f"the method that gives a model statistics of the train split is Task.with_train_statistics. Received: "
            f"{path}.adapt, as version 0.1 called it. Rename it."
        )
    return found


def _is_task(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, Task)


class TaskSpec(BaseModel):
    """A task as it travels between steps: JSON in an execution property.

    Attributes:
      task: dotted path of the class.
      options: its options; in a spec made by `of_step`, those that a step reads.
      is_part: whether there may be more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    options: dict[str, Any]
    is_part: bool = False

    def load(self) -> Task:
        """Makes the task. Raises TaskNotFoundError, or pydantic's ValidationError for wrong options."""
        cls = task_class(self.task)
        validate = cls.Options.validate_part if self.is_part else cls.Options.model_validate
        return cls(validate(self.options))

    def of_step(self, *aspects: Aspect) -> "TaskSpec":
        """The spec with those options alone that these aspects of the task read.

        Args:
          aspects: names of aspects, see `tasks.aspects`.
        """
        cls = task_class(self.task)
        read = options_read(cls, aspects)
        options = {name: value for name, value in self.options.items() if name in read}
        is_part = not cls.Options.model_fields.keys() <= options.keys()
        return TaskSpec(task=self.task, options=options, is_part=is_part)

    def with_values(self, values: Mapping[str, Any]) -> "TaskSpec":
        """The spec with other values of options, by dotted keys such as `model.dropout`.

        Values of options that a part does not have are passed over.

        Raises:
          pydantic.ValidationError: an unknown key, or a value that the option may not have."""
        options = copy.deepcopy(self.options) if self.is_part else self.load().options.model_dump(mode="json")
        for key, value in values.items():
            if not self.is_part or key.partition(".")[0] in options:
                put(options, key, value)
        changed = self.model_copy(update={"options": options})
        changed.load()
        return changed

    @classmethod
    def parse(cls, text: str) -> Task:
        """The task of a spec's JSON."""
        return cls.model_validate_json(text).load()


def put(section: dict[str, Any], key: str, value: Any) -> None:
    """Puts a value into nested dictionaries at a dotted key, making the dictionaries on the way."""
    *path, last = key.split(".")
    for part in path:
        if not isinstance(section.get(part), dict):
            section[part] = {}
        section = section[part]
    section[last] = value
