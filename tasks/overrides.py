"""Values of hyperparameters, by dotted keys as in configs, put in place of those of a task and its training.

Needs no TensorFlow.
"""

from collections.abc import Mapping
from typing import Any

from tasks.loading import TaskSpec, put
from training.options import TrainOptions


def with_values(spec: TaskSpec, train: TrainOptions, values: Mapping[str, Any]) -> tuple[TaskSpec, TrainOptions]:
    """A task and the options of its training with the values of hyperparameters by their dotted keys.

    Raises:
      pydantic.ValidationError: an unknown key, or a value that it may not have.
    """
    changed = train.model_dump()
    for key, value in of_section("train", values).items():
        put(changed, key, value)
    return spec.with_values(of_section("options", values)), TrainOptions.model_validate(changed)


def of_section(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values whose keys begin with a section's name, by the rest of the key."""
    prefix = f"{section}."
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
