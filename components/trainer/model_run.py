"""The files of Trainer's model run."""

import json
from typing import Any

from components.files import read_file, write_file
from tasks.loading import TaskSpec
from tasks.overrides import of_section

# One JSON object an epoch: training.EpochRecord.
HISTORY_FILE = "history.jsonl"
# The trained Keras model, before export.
MODEL_FILE = "model.keras"
# The same beside a SavedModel, where servers pass over it: what a later training starts from.
TRAINED_MODEL = f"assets.extra/{MODEL_FILE}"
FACTS_FILE = "model.json"


def write_model_facts(uri: str, facts: dict[str, Any]) -> None:
    """Writes what is known of a trained model by counting."""
    write_file(uri, FACTS_FILE, json.dumps(facts))


def read_model_facts(uri: str) -> dict[str, Any]:
    """What `write_model_facts` wrote: `parameters`; `training`, see `run_fn.summary`; and `hyperparameters`, the values
    that Tuner found by dotted key, none without a Tuner."""
    return json.loads(read_file(uri, FACTS_FILE))


def trained_spec(task_spec: str, uri: str) -> TaskSpec:
    """The task as it was trained.

    Args:
      task_spec: JSON of the config's task.
      uri: of the model run, which knows the values that Tuner found.
    """
    values = of_section("options", read_model_facts(uri)["hyperparameters"])
    return TaskSpec.model_validate_json(task_spec).with_values(values)
