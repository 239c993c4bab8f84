"""The aspects of a task, which steps ask for."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

# The methods that answer; those in none of these may answer anything.
Aspect: TypeAlias = Literal["source", "schema", "preprocessing", "training", "evaluation", "serving"]
METHODS: Mapping[Aspect, frozenset[str]] = {
    "source": frozenset({"source", "repairs", "example_defect", "allowed_unreadable"}),
    "schema": frozenset({"schema"}),
    "preprocessing": frozenset({"preprocessing_fn"}),
    "training": frozenset(
        {"model", "to_batch", "training_model", "exported_model", "adapt", "batches", "train_batches", "objective"}
        | {"examples_per_epoch", "distillation_objective", "summaries", "representative_sample"}
    ),
    "evaluation": frozenset({"metrics", "example_metric", "as_targets"}),
    "serving": frozenset({"model_inputs", "checked_inputs", "predictions", "endpoints", "serving_metadata"}),
}
