"""TFMA's config of a task's metric."""

import json

import tensorflow_model_analysis as tfma

from tasks.base import EvalMetric


def metric_config(metric: EvalMetric) -> tfma.MetricConfig:
    """The config of the metric, without thresholds."""
    config = json.dumps({**metric.config, "name": metric.name})
    if not metric.module:
        return tfma.MetricConfig(class_name=metric.class_name, config=config)
    path = f"{metric.module}.{metric.class_name}"
    return tfma.MetricConfig(class_name=path, module="tasks.own_metrics", config=config)
