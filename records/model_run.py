"""The files of Trainer's model run."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from records.artifact_files import read_file, write_file
from records.known_fields import known_fields

# One JSON object an epoch: training.EpochRecord.
HISTORY_FILE = "history.jsonl"
# One JSON object at the steps where scalars are written.
STEPS_FILE = "steps.jsonl"
# The trained Keras model, before export.
MODEL_FILE = "model.keras"
# The same beside a SavedModel, where servers pass over it: what a later training starts from.
TRAINED_MODEL = f"assets.extra/{MODEL_FILE}"
FACTS_FILE = "model.json"


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What a training came to.

    Attributes:
      epochs: how many there were.
      steps: how many there were in all.
      best_epoch: the epoch whose weights were kept.
      examples_per_sec: the median over the epochs.
      bottleneck: whether steps waited for their input, in words.
      events: what guards did, each with its epoch.
      replicas: how many devices, in all processes, shared each step.
      batch_size: examples in a step, over all of them; 0 in what earlier versions wrote.
      replica_batch_size: the most examples that one of them had in a step; 0 in what earlier versions wrote.
      learning_rate_scale: what the config's learning rate was multiplied by for their number: `batch_size` is that of
        all, so that one device would take the same steps.
    """

    epochs: int
    steps: int
    best_epoch: int
    examples_per_sec: float
    bottleneck: str
    events: tuple[str, ...]
    replicas: int = 1
    batch_size: int = 0
    replica_batch_size: int = 0
    learning_rate_scale: float = 1.0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TrainingFacts":
        """The facts out of their JSON."""
        return cls(**{**known_fields(cls, values), "events": tuple(values["events"])})


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What is known of a trained model by counting.

    Attributes:
      parameters: how many the model has.
      training: what its training came to.
      hyperparameters: the values that Tuner found, by dotted key; empty without a Tuner.
    """

    parameters: int
    training: TrainingFacts
    hyperparameters: Mapping[str, Any]


def write_model_facts(uri: str, facts: ModelFacts) -> None:
    """Writes the facts into the directory of the model run."""
    write_file(uri, FACTS_FILE, json.dumps(asdict(facts)))


def read_model_facts(uri: str) -> ModelFacts:
    """The facts in the directory of a model run."""
    values = json.loads(read_file(uri, FACTS_FILE))
    training = TrainingFacts.from_json(values["training"])
    return ModelFacts(**{**known_fields(ModelFacts, values), "training": training})
