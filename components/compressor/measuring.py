"""Measures converted files, each as it ships."""

import gzip
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from components.compressor.variants import Variant
from compression.choice import Cost
from compression.evaluation import Evaluation, evaluate
from compression.files.file_ops import read_operations
from compression.files.weights import count_weights
from records.variants import REFERENCE, MeasuredVariant
from serving.latency import measure_latency
from serving.latency_histogram import LatencyHistogram
from serving.peak_memory import peak_memory_bytes
from serving.tensor_info import ModelInputError
from serving.tflite import TFLiteModel
from tasks.base import Task

BATCH_SIZE = 32
# A batch takes its time; yet of fewer than a hundred rounds the 99th percentile is the slowest one.
BATCH_ROUNDS, BATCH_WARMUP_ROUNDS = 100, 5


def evaluate_files(task: Task, variants: Sequence[Variant], batches: tf.data.Dataset) -> dict[str, Evaluation]:
    """The task's first metric on what each file itself predicts for `batches` of (inputs, targets)."""
    models = {each.name: TFLiteModel(each.path, num_threads=os.cpu_count() or 1) for each in variants}
    return evaluate(
        models,
        batches.as_numpy_iterator(),
        task.example_metric,
        reference=REFERENCE,
        as_targets=task.as_targets,
    )


def measure(
    variants: Sequence[Variant], sample: Mapping[str, np.ndarray], evaluations: Mapping[str, Evaluation]
) -> list[MeasuredVariant]:
    """Each variant's size, latency on one thread, the variants in turn, peak memory and evaluation.

    Args:
      variants: files to measure.
      sample: examples to run, `{input: [example, ...]}`.
      evaluations: evaluations on the eval split, by variant.
    """
    models = {each.name: TFLiteModel(each.path, num_threads=1) for each in variants}
    one = {name: values[:1] for name, values in sample.items()}
    latencies = measure_latency({name: model.prepare(one) for name, model in models.items()})
    delegated = {name: model.delegated for name, model in models.items()}
    in_batches = _batch_latencies(models, sample)
    measurements = []
    for variant in variants:
        name, path = variant.name, variant.path
        content = path.read_bytes()
        weights, nonzero = count_weights(path)
        operations = read_operations(content)
        evaluation = evaluations[name]
        batch = in_batches.get(name)
        measurements.append(
            MeasuredVariant(
                name=name,
                precision=variant.precision,
                retrained=variant.retrained,
                difference=variant.difference,
                bytes=len(content),
                gzip_bytes=len(gzip.compress(content)),
                weights=weights,
                nonzero_weights=nonzero,
                layer_errors=tuple(variant.layer_errors),
                ops=tuple(sorted({operation.name for operation in operations})),
                needs_flex=any(operation.is_select for operation in operations),
                layer_sparsity=tuple(variant.layer_sparsity),
                latency_p50_ms=latencies[name].p50_ms,
                latency_p90_ms=latencies[name].p90_ms,
                latency_p99_ms=latencies[name].p99_ms,
                latency_buckets_ms=tuple(latencies[name].buckets_ms()),
                batch_latency_p50_ms=batch.p50_ms if batch else None,
                batch_latency_p90_ms=batch.p90_ms if batch else None,
                batch_latency_p99_ms=batch.p99_ms if batch else None,
                delegated=delegated[name],
                peak_memory_bytes=peak_memory_bytes(path),
                eval_metric=evaluation.metric,
                eval_metric_low=evaluation.low,
                eval_metric_high=evaluation.high,
                agreement=evaluation.agreement,
                equals=tuple(sorted(evaluation.equals)),
            )
        )
    return measurements


def costs(task: Task, variants: Sequence[MeasuredVariant], evaluations: Mapping[str, Evaluation]) -> dict[str, Cost]:
    """What each variant costs.

    Args:
      task: says which direction of its first metric is better.
      variants: those to choose among.
      evaluations: by variant.
    """
    sign = 1 if task.metrics()[0].higher_is_better else -1
    return {
        variant.name: Cost(
            bytes=variant.bytes,
            latency_ms=variant.latency_p50_ms,
            metric_drop=sign * (evaluations[REFERENCE].metric - evaluations[variant.name].metric),
            equals=evaluations[variant.name].equals,
        )
        for variant in variants
    }


def _batch_latencies(
    models: Mapping[str, TFLiteModel], sample: Mapping[str, np.ndarray]
) -> dict[str, LatencyHistogram]:
    """Of those that take batches of 32."""
    batch = {name: np.resize(values, (BATCH_SIZE, *values.shape[1:])) for name, values in sample.items()}
    calls = {}
    for name, model in models.items():
        try:
            calls[name] = model.prepare(batch)
        except ModelInputError:
            continue
    return measure_latency(calls, rounds=BATCH_ROUNDS, warmup_rounds=BATCH_WARMUP_ROUNDS) if calls else {}
