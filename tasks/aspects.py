"""The aspects of a task, which steps ask for."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

# The methods of `tasks.base.Task` that answer for an aspect. A method in none of these may be called for any of them.
Aspect: TypeAlias = Literal["source", "schema", "preprocessing", "training", "evaluation", "serving"]
METHODS: Mapping[Aspect, frozenset[str]] = {
    "source": frozenset({"source", "repairs", "example_defect", "allowed_unreadable"}),
    "schema": frozenset({"schema"}),
    "preprocessing": frozenset({"preprocessing_fn"}),
    "training": frozenset(
        {"model", "training_model", "exported_model", "with_train_statistics", "objective", "distillation_objective"}
        | {"to_batch", "batches", "train_batches", "examples_per_epoch", "summaries", "representative_sample"}
    ),
    "evaluation": frozenset({"metrics", "example_metric", "as_targets"}),
    "serving": frozenset({"model_inputs", "checked_inputs", "predictions", "endpoints", "serving_metadata"}),
}
