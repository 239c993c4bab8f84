"""The files of Trainer's model run."""

import json
from typing import Any

from etils import epath

# One JSON object an epoch: training.EpochRecord.
HISTORY_FILE = "history.jsonl"
# The trained Keras model, before export.
MODEL_FILE = "model.keras"
FACTS_FILE = "model.json"


def write_model_facts(model_run: epath.Path, facts: dict[str, Any]) -> None:
    """Writes what is known of a trained model by counting."""
    (model_run / FACTS_FILE).write_text(json.dumps(facts))


def read_model_facts(uri: str) -> dict[str, Any]:
    """What `write_model_facts` wrote, such as `parameters`."""
    return json.loads((epath.Path(uri) / FACTS_FILE).read_text())
