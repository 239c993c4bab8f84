"""TFMA's results as plain numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from records.evaluation import Interval, confidence_interval
from records.slices import slice_text


@dataclass(frozen=True, kw_only=True)
class MetricValue:
    """One metric of one model on one slice; `where` is empty for all examples, `interval` None where none was asked
    for."""

    model: str
    where: str
    metric: str
    value: float
    interval: Interval | None = None


def read_metrics(uri: str) -> list[MetricValue]:
    """Every metric with a single value, differences to a baseline left out."""
    import tensorflow_model_analysis as tfma

    return [
        MetricValue(
            model=item.key.model_name,
            where=slice_text(row.slice_key),
            metric=item.key.name,
            value=item.value.double_value.value,
            interval=confidence_interval(item),
        )
        for row in tfma.load_metrics(uri)
        for item in row.metric_keys_and_values
        if item.value.HasField("double_value") and not item.key.is_diff
    ]


def read_confusion(uri: str, model: str) -> np.ndarray | None:
    """Counts `[actual class, predicted class]` over all examples; None where TFMA wrote no such plot.

    Args:
      uri: directory of TFMA's output.
      model: whose, where several were evaluated.
    """
    import tensorflow_model_analysis as tfma

    for row in tfma.load_plots(uri):
        if row.slice_key.single_slice_keys:
            continue
        for item in row.plot_keys_and_values:
            matrix = item.value.multi_class_confusion_matrix_at_thresholds
            if item.key.model_name in ("", model) and matrix.matrices:
                cells = [(e.actual_class_id, e.predicted_class_id, e.num_weighted_examples) for e in _entries(matrix)]
                return _matrix(cells)
    return None


def _entries(matrix: Any) -> Iterator[Any]:
    yield from matrix.matrices[0].entries


def _matrix(cells: list[tuple[int, int, float]]) -> np.ndarray:
    """A negative predicted class means that no probability reached the threshold; it is left out."""
    known = [(actual, predicted, count) for actual, predicted, count in cells if predicted >= 0]
    size = 1 + max(max(actual, predicted) for actual, predicted, _ in known)
    matrix = np.zeros((size, size))
    for actual, predicted, count in known:
        matrix[actual, predicted] += count
    return matrix
