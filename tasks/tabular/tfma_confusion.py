"""The confusion matrix of two classes, which TFMA draws only where each class has its probability."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics
from tensorflow_model_analysis.proto import config_pb2, metrics_for_slice_pb2


class TwoClassConfusionMatrixPlot(tfma.metrics.Metric):
    """Of labels 0 and 1 and the probability of 1, `[1]`, which is above the threshold where 1 is predicted; as TFMA's
    MultiClassConfusionMatrixPlot."""

    def __init__(self, *, name: str, threshold: float) -> None:
        super().__init__(
            tfma.metrics.metric_util.merge_per_key_computations(_computations), name=name, threshold=threshold
        )


def _computations(
    name: str,
    threshold: float,
    eval_config: config_pb2.EvalConfig | None = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> tfma.metrics.MetricComputations:
    shape: dict[str, Any] = {
        "model_name": model_name,
        "output_name": output_name,
        "example_weighted": example_weighted,
    }
    computations = multi_class_confusion_matrix_metrics.multi_class_confusion_matrices(
        name=f"_{name}_at_{threshold:g}",
        eval_config=eval_config,
        extract_label_prediction_and_weight=partial(_predicted_class, threshold),
        **shape,
    )
    [matrices] = computations[-1].keys
    plot = tfma.metrics.PlotKey(name=name, **shape)

    def result(metrics: Any) -> dict[Any, metrics_for_slice_pb2.MultiClassConfusionMatrixAtThresholds]:
        return {plot: metrics[matrices].to_proto().multi_class_confusion_matrix_at_thresholds}

    return [*computations, tfma.metrics.DerivedMetricComputation(keys=[plot], result=result)]


def _predicted_class(threshold: float, *args: Any, **kwargs: Any) -> Iterator[tuple[Any, Any, Any]]:
    """What TFMA reads of an example, with 1 for the class that is predicted and 0 for the other, `[class]`."""
    for label, probability, weight in tfma.metrics.metric_util.to_label_prediction_example_weight(*args, **kwargs):
        yield label, np.eye(2)[int(float(np.ravel(probability)[0]) > threshold)], weight
