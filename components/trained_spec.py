"""The task as it was trained."""

from records.model_run import read_model_facts
from tasks.loading import TaskSpec
from tasks.overrides import of_section


def trained_spec(task_spec: str, uri: str) -> TaskSpec:
    """The spec of the task with the values that Tuner found.

    Args:
      task_spec: JSON of the config's task.
      uri: directory of the model run, whose facts hold these values.
    """
    values = of_section("options", read_model_facts(uri).hyperparameters)
    return TaskSpec.model_validate_json(task_spec).with_values(values)
