"""What steps ask a task for, and which of its options that takes."""

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from tasks.base import Task

# The methods that answer; those in none of these may answer anything.
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


def options_read(cls: "type[Task]", aspects: Iterable[Aspect]) -> frozenset[str]:
    """Names of the options that the methods of these aspects of a task read, as its `reads` lists them.

    A subclass that overrides a method of an aspect, or one that any may use, and lists nothing of its own, reads all
    there.
    """
    listing = next(each for each in cls.__mro__ if "reads" in vars(each))
    newer = cls.__mro__[: cls.__mro__.index(listing)]
    overridden = {name for each in newer for name, value in vars(each).items() if _is_method(name, value)}
    is_shared = not overridden <= frozenset().union(*METHODS.values())
    found: set[str] = set()
    for aspect in aspects:
        is_listed = aspect in cls.reads and not is_shared and overridden.isdisjoint(METHODS[aspect])
        found.update(cls.reads[aspect] if is_listed else cls.Options.model_fields)
    return frozenset(found)


def _is_method(name: str, value: Any) -> bool:
    """Or a property, however it is wrapped; not a class, such as `Options`."""
    is_called = callable(value) or hasattr(value, "__get__")
    return not name.startswith("__") and is_called and not inspect.isclass(value)
