"""From test examples to the record of what models predicted for them."""

from collections.abc import Sequence

import numpy as np

from components.evaluator.example_values import ExampleValues
from components.evaluator.judged_example import JudgedExample, kind_of
from records.predictions import MAX_OUTPUTS, Predictions
from tasks.base import Task


def predictions_of(task: Task, examples: Sequence[JudgedExample], models: Sequence[str]) -> Predictions:
    """The record of examples.

    Args:
      task: task of the models.
      examples: in any order.
      models: names of the models, in the order of `JudgedExample.outputs`.
    """
    given = sorted(examples, key=lambda example: example.key)
    names = tuple(dict.fromkeys(name for example in given for name in example.slices))
    widest = max((len(example.slices) for example in given), default=0)
    places = np.full((len(given), widest), -1, np.int32)
    index = {name: number for number, name in enumerate(names)}
    for row, example in zip(places, given, strict=True):
        row[: len(example.slices)] = [index[name] for name in example.slices]
    return Predictions(
        keys=np.array([example.key for example in given], np.uint64),
        kind=kind_of(task),
        overlap=task.overlapping_examples,
        threshold=_threshold(task),
        labels=_labels(given),
        models=tuple(models),
        outputs=_outputs(given, len(models)),
        metrics=ExampleValues(task).metrics,
        values=_values(given, len(models)),
        slices=names,
        places=places,
    )


def _labels(examples: Sequence[JudgedExample]) -> np.ndarray:
    """`[example]`; empty where a label is no single number."""
    is_one = all(example.label.size == 1 and example.label.dtype != object for example in examples)
    return np.array([example.label[0] for example in examples] if is_one else [], np.float32)


def _outputs(examples: Sequence[JudgedExample], models: int) -> np.ndarray:
    """`[model, example, output]`; without outputs where they are too many, or not as many of each example."""
    sizes = {output.size for example in examples for output in example.outputs}
    if len(sizes) != 1 or max(sizes) > MAX_OUTPUTS:
        return np.zeros((models, len(examples), 0), np.float32)
    return np.array([[example.outputs[model] for example in examples] for model in range(models)], np.float32)


def _values(examples: Sequence[JudgedExample], models: int) -> np.ndarray:
    """`[model, metric, example]`: of ratios of sums, what makes the mean over examples the ratio."""
    ratios = np.array([[example.ratios[model] for example in examples] for model in range(models)], np.float64)
    if not ratios.size:
        return np.zeros((models, 0, len(examples)), np.float32)
    totals, parts = (ratios[..., place].swapaxes(1, 2) for place in (0, 1))
    # Zero where a metric counts no part of any example.
    with np.errstate(divide="ignore", invalid="ignore"):
        return (totals / parts.mean(axis=2, keepdims=True)).astype(np.float32)


def _threshold(task: Task) -> float:
    """That of the accuracy of two classes."""
    found = (metric.config.get("threshold") for metric in task.metrics() if metric.class_name == "BinaryAccuracy")
    return float(next(filter(None, found), 0.5))
