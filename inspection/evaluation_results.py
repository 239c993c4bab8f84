"""TFMA's results as plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from inspection.tfma_files import read_messages
from records.evaluation import confidence_interval
from records.slices import slice_text
from records.stores import path_at

if TYPE_CHECKING:
    from etils import epath

# What TFMA calls the number of examples of a slice.
EXAMPLE_COUNT = "example_count"


@dataclass(frozen=True, kw_only=True)
class MetricValue:
    """One metric of one model on one slice.

    Attributes:
      model: which one; empty where only one was evaluated.
      where: the slice, such as `label=3`; empty for all examples.
      metric: its name.
      value: what was computed.
      low: lower end of TFMA's confidence interval; None where it computed none.
      high: upper end of it.
    """

    model: str
    where: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None


def read_metrics(uri: "epath.PathLike") -> list[MetricValue]:
    """Every metric with a single value, differences to a baseline left out."""
    return [
        _value(item, slice_text(row.slice_key))
        for row in read_messages(path_at(uri), "metrics")
        for item in row.metric_keys_and_values
        if item.value.HasField("double_value") and not item.key.is_diff
    ]


def counts(values: Sequence[MetricValue], model: str) -> Mapping[str, int]:
    """{slice: its number of examples}, as one model's results have it."""
    found = (value for value in values if value.metric == EXAMPLE_COUNT and value.model in ("", model))
    return {value.where: int(value.value) for value in found}


def read_confusion(uri: "epath.PathLike", model: str) -> np.ndarray | None:
    """Counts `[actual class, predicted class]` over all examples; None where TFMA wrote no such plot.

    Args:
      uri: directory of TFMA's output.
      model: whose, where several were evaluated.
    """
    for row in read_messages(path_at(uri), "plots"):
        if row.slice_key.single_slice_keys:
            continue
        for item in row.plot_keys_and_values:
            matrices = item.value.multi_class_confusion_matrix_at_thresholds.matrices
            if item.key.model_name in ("", model) and matrices:
                return _matrix([(e.actual, e.predicted, e.examples) for e in matrices[0].entries])
    return None


def _value(item: Any, where: str) -> MetricValue:
    low, high = confidence_interval(item) or (None, None)
    return MetricValue(
        model=item.key.model_name,
        where=where,
        metric=item.key.name,
        value=item.value.double_value.value,
        low=low,
        high=high,
    )


def _matrix(cells: list[tuple[int, int, float]]) -> np.ndarray:
    """A negative predicted class means that no probability reached the threshold; it is left out."""
    known = [(actual, predicted, count) for actual, predicted, count in cells if predicted >= 0]
    size = 1 + max(max(actual, predicted) for actual, predicted, _ in known)
    matrix = np.zeros((size, size))
    for actual, predicted, count in known:
        matrix[actual, predicted] += count
    return matrix
