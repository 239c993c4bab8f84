"""Labels and predictions as TFMA hands them to a metric."""

from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2


def label_and_prediction(
    element: Any, *, eval_config: config_pb2.EvalConfig | None, model_name: str
) -> tuple[Any, Any]:
    """Both of one example, in the shapes that they came in."""
    label, prediction, _ = next(
        tfma.metrics.metric_util.to_label_prediction_example_weight(
            element,
            eval_config=eval_config,
            model_name=model_name,
            flatten=False,
            squeeze=False,
            allow_none=False,
        )
    )
    return label, prediction
