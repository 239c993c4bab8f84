"""The files of Trainer's model run."""

import json
from typing import Any

from components.files import read_file, write_file

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
    """What `write_model_facts` wrote: `parameters`, and `training`, see `run_fn.summary`."""
    return json.loads(read_file(uri, FACTS_FILE))
