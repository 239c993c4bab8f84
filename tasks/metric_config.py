"""TFMA's config of a task's metric."""

import json

from tensorflow_model_analysis.proto import config_pb2

from tasks.base import EvalMetric


def metric_config(metric: EvalMetric) -> config_pb2.MetricConfig:
    """The config of the metric, without thresholds."""
    config = json.dumps({**metric.config, "name": metric.name})
    if not metric.module:
        return config_pb2.MetricConfig(class_name=metric.class_name, config=config)
    path = f"{metric.module}.{metric.class_name}"
    return config_pb2.MetricConfig(class_name=path, module="tasks.own_metrics", config=config)
