"""What Trainer says of a training that nobody did."""

from collections.abc import Mapping
from typing import Any

from records.model_run import ModelFacts, TrainingFacts


def model_facts(hyperparameters: Mapping[str, Any] | None = None) -> ModelFacts:
    """Facts of one epoch, with the values that Tuner found."""
    training = TrainingFacts(epochs=1, steps=3, best_epoch=1, examples_per_sec=9.5, bottleneck="compute", events=())
    return ModelFacts(parameters=10, training=training, hyperparameters=hyperparameters or {})
