"""Which layers of a trained model mind pruning and rounding, each tried alone on the eval split."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from compression.sensitivity import Change, LayerDrop, layer_drops, suggest_exclude
from tasks.transformed_data import TransformedData

# Shares of zeros and bits of weights that are tried.
SPARSITIES, BITS = (0.5, 0.8, 0.9), (8, 4)
BATCH_SIZE = 256


def measure_sensitivity(
    data: TransformedData,
    weights: str,
    *,
    layers: Sequence[str],
    max_examples: int,
    max_drop: float,
    progress: Callable[[str], None] = lambda doing: None,
) -> dict[str, Any]:
    """Changes one kernel after the other; returns results for `studies.sensitivity.page`.

    Args:
      data: the transformed examples of the model's task.
      weights: path of a trained Keras model.
      layers: patterns of paths of layers; empty for all with a kernel.
      max_examples: number of eval examples at the most.
      max_drop: how much of the metric a layer may cost.
      progress: told what was just done.

    Raises:
      LayerPatternError: a pattern fits no layer.
    """
    task = data.task
    model = task.load_model(weights)
    judge = _judge(data, model, max_examples)
    before = judge()
    metric = task.metrics()[0]
    changes = [Change("sparsity", share) for share in SPARSITIES] + [Change("bits", bits) for bits in BITS]
    drops = []
    for drop in layer_drops(model, judge, changes, higher_is_better=metric.higher_is_better, layers=layers):
        drops.append(drop)
        progress(f"Tried {drop.layer}, {drop.change} …")
    return {
        "metric": metric.name,
        "before": float(before.mean()),
        "examples": len(before),
        "max_drop": max_drop,
        "drops": [_as_json(drop) for drop in drops],
        "exclude": {str(change): names for change, names in suggest_exclude(drops, max_drop).items()},
    }


def _judge(data: TransformedData, model: keras.Model, max_examples: int) -> Callable[[], np.ndarray]:
    """What tells the task's first metric of the model as it then stands, `[example]`, always on the same examples."""
    batches = data.evaluation(min(BATCH_SIZE, max_examples))
    kept = list(itertools.islice(batches, -(-max_examples // BATCH_SIZE)))
    predict = tf.function(lambda inputs: model(inputs, training=False))

    def judge() -> np.ndarray:
        values = [np.asarray(data.task.example_metric(targets, _numpy(predict(inputs)))) for inputs, targets in kept]
        return np.concatenate(values)[:max_examples].astype(np.float64)

    return judge


def _numpy(outputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in outputs.items()}


def _as_json(drop: LayerDrop) -> dict[str, Any]:
    return {
        "layer": drop.layer,
        "weights": drop.weights,
        "change": str(drop.change),
        "drop": drop.drop,
        "low": drop.low,
        "high": drop.high,
    }
