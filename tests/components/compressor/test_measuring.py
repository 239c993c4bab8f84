"""Measurements of files whose size, weights and answers are known."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.compressor.measuring import costs, evaluate_files, measure
from components.compressor.variants import Variant
from compression.evaluation import Evaluation
from records.variants import LayerError, LayerSparsity, MeasuredVariant
from tasks.base import EvalMetric
from tests.components.points import SPEC, Points
from tests.components.variant_files import measurement, right_answer, tflite_content, wrong_answer

SAMPLE = {"point": np.array([[3.0, 1.0], [-1.0, 2.0]], np.float32)}
KERNEL = np.array([[-1.0, 1.0], [0.0, 0.0]], np.float32)


def _one_by_one(point: tf.Tensor) -> dict[str, tf.Tensor]:
    """Right, of one point alone: the first of a batch."""
    return {"logits": tf.matmul(tf.gather(point, [0]), KERNEL)}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Variant]:
    """Variants by name."""
    directory: Path = tmp_path_factory.mktemp("measured")
    answers = {
        "float32": lambda point: {"logits": tf.matmul(point, KERNEL)},
        "same": right_answer,
        "wrong": wrong_answer,
        "half": lambda point: {"logits": tf.abs(point[:, :1]) * tf.constant([[-1.0, 1.0]])},
        "one_by_one": _one_by_one,
    }
    made = {}
    for name, answer in answers.items():
        path = directory / f"{name}.tflite"
        path.write_bytes(tflite_content(answer, directory / name))
        made[name] = Variant(
            name=name,
            precision="float32",
            path=path,
            difference=0.25,
            retrained=name == "wrong",
            layer_sparsity=[LayerSparsity(layer="head", sparsity=0.5, weights=4)],
            layer_errors=[LayerError(layer="head", error=0.125)],
        )
    return made


@pytest.fixture(scope="module")
def evaluations(points, files) -> dict[str, Evaluation]:
    """Of the files on the eval split of eight points, half of them on the left."""
    spec = points.transform_output.transformed_feature_spec()
    split = [f"{points.transformed_examples.uri}/Split-eval/*"]
    return evaluate_files(points.task, [*files.values()], points.task.batches(split, feature_spec=spec, batch_size=3))


@pytest.mark.parametrize(("name", "accuracy"), [("float32", 1.0), ("same", 1.0), ("wrong", 0.0), ("half", 0.5)])
def test_a_file_is_evaluated_by_what_it_predicts_itself(name, accuracy, evaluations):
    assert evaluations[name].metric == accuracy


@pytest.mark.parametrize(("name", "agreement"), [("same", 1.0), ("wrong", 0.0), ("half", 0.5)])
def test_the_agreement_is_with_the_float32_file(name, agreement, evaluations):
    assert evaluations[name].agreement == agreement


def test_what_predicts_alike_is_equal(evaluations):
    assert "same" in evaluations["float32"].equals
    assert "wrong" not in evaluations["float32"].equals


@pytest.fixture(scope="module")
def measured(files, evaluations) -> dict[str, MeasuredVariant]:
    """Measurements by name; the memory is not measured, which takes a process a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.compressor.measuring.peak_memory_bytes", lambda path: len(Path(path).name))
        return {each.name: each for each in measure([*files.values()], SAMPLE, evaluations)}


def test_they_are_in_the_order_of_the_variants(measured, files):
    assert list(measured) == list(files)


def test_sizes_are_those_of_the_file(measured, files):
    content = files["float32"].path.read_bytes()
    assert measured["float32"].bytes == len(content)
    assert measured["float32"].gzip_bytes == len(gzip.compress(content))


def test_weights_are_counted_and_those_that_are_not_zero(measured):
    assert (measured["float32"].weights, measured["float32"].nonzero_weights) == (4, 2)


def test_operations_are_named(measured):
    assert measured["float32"].ops == ("FULLY_CONNECTED",)
    assert not measured["float32"].needs_flex


def test_what_is_known_of_the_variant_is_kept(measured):
    variant = measured["wrong"]
    assert (variant.precision, variant.retrained, variant.difference) == ("float32", True, 0.25)
    assert variant.layer_sparsity == (LayerSparsity(layer="head", sparsity=0.5, weights=4),)
    assert variant.layer_errors == (LayerError(layer="head", error=0.125),)


def test_latencies_are_percentiles_of_every_call(measured):
    variant = measured["float32"]
    assert 0 < variant.latency_p50_ms <= variant.latency_p90_ms <= variant.latency_p99_ms
    assert sum(calls for _, calls in variant.latency_buckets_ms) == 300


def test_a_file_that_takes_no_batches_has_no_latency_of_one(measured):
    assert measured["float32"].batch_latency_p50_ms > 0
    assert measured["one_by_one"].batch_latency_p50_ms is None


def test_the_memory_is_that_of_the_file(measured):
    assert measured["float32"].peak_memory_bytes == len("float32.tflite")


def test_the_evaluation_is_among_the_measurements(measured, evaluations):
    variant, evaluation = measured["half"], evaluations["half"]
    assert variant.eval_metric == 0.5
    assert (variant.eval_metric_low, variant.eval_metric_high) == (evaluation.low, evaluation.high)
    assert variant.agreement == 0.5
    assert variant.equals == tuple(sorted(evaluation.equals))


def _evaluation(metric: float, *equals: str) -> Evaluation:
    return Evaluation(metric=metric, low=0.0, high=1.0, agreement=1.0, equals=frozenset(equals))


VARIANTS = [measurement("float32", bytes=10), measurement("int8", bytes=4, latency_p50_ms=0.25)]
EVALUATIONS = {"float32": _evaluation(0.75), "int8": _evaluation(0.5, "float32")}


def test_a_variant_costs_its_bytes_its_median_latency_and_what_it_is_worse_than_float32():
    int8 = costs(SPEC.load(), VARIANTS, EVALUATIONS)["int8"]
    assert (int8.bytes, int8.latency_ms, int8.metric_drop) == (4, 0.25, 0.25)
    assert int8.equals == {"float32"}


def test_float32_is_no_worse_than_itself():
    assert costs(SPEC.load(), VARIANTS, EVALUATIONS)["float32"].metric_drop == 0


class ByLoss(Points):
    """The lower the metric, the better."""

    def metrics(self):
        return (EvalMetric(name="loss", class_name="MeanSquaredError", higher_is_better=False),)


def test_of_a_loss_less_is_a_gain():
    task = ByLoss(SPEC.load().options)
    assert costs(task, VARIANTS, EVALUATIONS)["int8"].metric_drop == -0.25
