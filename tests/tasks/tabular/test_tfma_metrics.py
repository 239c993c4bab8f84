"""Against scikit-learn, whatever bundles examples come in."""

from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.metrics
import tensorflow_model_analysis as tfma
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from tasks.metric_values import MetricComputer
from tasks.tabular.metrics import METRICS, table_metrics
from tasks.tabular.tfma_metrics import ClassesMetric, NumbersMetric
from tasks.tabular.tfma_quantiles import AbsoluteErrorQuantile

KEY = "probability"
TASK = SimpleNamespace(label_key="label", prediction_key=KEY)
CONFIG = config_pb2.EvalConfig(model_specs=[config_pb2.ModelSpec()])


def _value(metric: tfma.metrics.Metric, labels: np.ndarray, predictions: np.ndarray, bundles: int = 3) -> float:
    [computation] = metric.computations(eval_config=CONFIG)
    combiner = computation.combiner
    accumulators = [combiner.create_accumulator() for _ in range(bundles)]
    for index, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
        example = metric_types.StandardMetricInputs(
            labels=np.array([label]), predictions=np.atleast_1d(prediction), example_weights=np.ones(1)
        )
        place = index % bundles
        accumulators[place] = combiner.add_input(accumulators[place], example)
    [value] = combiner.extract_output(combiner.merge_accumulators(accumulators)).values()
    return value


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(ROWS)
def test_metrics_of_classes(rows):
    labels, predicted = np.array(rows).T
    probabilities = np.eye(4, dtype=np.float32)[predicted]
    expected = {
        "balanced_accuracy": sklearn.metrics.recall_score(
            labels, predicted, average="macro", labels=np.unique(labels), zero_division=0
        ),
        "macro_f1": sklearn.metrics.f1_score(labels, predicted, average="macro"),
    }
    for name, value in expected.items():
        assert _value(ClassesMetric(name=name, metric=name), labels, probabilities) == pytest.approx(value)


def test_the_calibration_of_two_classes_by_hand():
    # A bin of 0.2 and 0.24, of which one is positive, and one of 0.9 and 1, which both are.
    labels, probabilities = np.array([0, 1, 1, 1]), np.array([[0.2], [0.24], [0.9], [1.0]])
    expected = (abs(0.44 - 1) + abs(1.9 - 2)) / 4
    metric = ClassesMetric(name="calibration_error", metric="calibration_error")
    assert _value(metric, labels, probabilities) == pytest.approx(expected)


def test_the_calibration_of_several_classes_is_that_of_the_predicted_one():
    labels, probabilities = np.array([0, 2]), np.array([[0.6, 0.3, 0.1], [0.65, 0.05, 0.3]])
    metric = ClassesMetric(name="calibration_error", metric="calibration_error")
    assert _value(metric, labels, probabilities) == pytest.approx(abs(1.25 - 1) / 2)


def test_metrics_of_two_classes_at_a_threshold():
    found = {metric.name: metric.config for metric in table_metrics("binary", 0.3)}
    assert [found[name] for name in ("precision", "recall", "f1")] == [{"thresholds": [0.3]}] * 3
    assert found["confusion_matrix"] == {"threshold": 0.3}
    assert found["balanced_accuracy"] == {"thresholds": [0.5]}
    assert table_metrics("binary", None) == METRICS["binary"]


@pytest.mark.parametrize("far", [0.0, 1e6])
def test_metrics_of_numbers(far):
    draw = np.random.default_rng(0)
    labels = far + draw.normal(size=200)
    predictions = labels + 0.3 * draw.normal(size=200)
    expected = {
        "mae": sklearn.metrics.mean_absolute_error(labels, predictions),
        "rmse": np.sqrt(sklearn.metrics.mean_squared_error(labels, predictions)),
        "r2": sklearn.metrics.r2_score(labels, predictions),
    }
    for name, value in expected.items():
        assert _value(NumbersMetric(name=name, metric=name), labels, predictions) == pytest.approx(value, rel=1e-6)


def test_what_cannot_be_told_is_no_number():
    same = np.ones(3)
    assert np.isnan(_value(NumbersMetric(name="r2", metric="r2"), same, same))
    nothing = np.zeros(0)
    for metric in (
        NumbersMetric(name="mae", metric="mae"),
        ClassesMetric(name="f", metric="macro_f1"),
        AbsoluteErrorQuantile(name="q", percent=50),
    ):
        assert np.isnan(_value(metric, nothing, nothing))


def test_metrics_of_two_classes_are_those_of_scikit_learn():
    """TFMA's own: that they are asked for as they must be. By thresholds of 10,000, its AUC is near, not equal."""
    draw = np.random.default_rng(1)
    labels = (draw.uniform(size=300) < 0.3).astype(np.int64)
    scores = np.clip(0.3 * labels + draw.uniform(size=300) * 0.7, 0, 1)
    right = scores > 0.5
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(labels, right),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(labels, right),
        "auc": sklearn.metrics.roc_auc_score(labels, scores),
        "auc_pr": sklearn.metrics.average_precision_score(labels, scores),
        "precision": sklearn.metrics.precision_score(labels, right),
        "recall": sklearn.metrics.recall_score(labels, right),
        "f1": sklearn.metrics.f1_score(labels, right),
        "cross_entropy": sklearn.metrics.log_loss(labels, scores.clip(1e-7, 1 - 1e-7)),
    }
    bins = np.minimum((scores * 10).astype(int), 9)
    gaps = [abs(scores[bins == place].sum() - labels[bins == place].sum()) for place in range(10)]
    expected["calibration_error"] = sum(gaps) / len(labels)
    found = _tfma_values(
        [each for each in METRICS["binary"] if not each.is_plot], labels, scores[:, None].astype(np.float32)
    )
    assert found == pytest.approx(expected, abs=0.01)
    assert found["accuracy"] == pytest.approx(expected["accuracy"])


@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_the_confusion_matrix_of_two_classes_is_that_of_scikit_learn(threshold):
    """A probability that is the threshold itself is not above it, as TFMA's precision and recall have it."""
    draw = np.random.default_rng(2)
    labels = (draw.uniform(size=100) < 0.4).astype(np.int64)
    scores = np.append(draw.uniform(size=99), threshold).astype(np.float32)
    plots = {metric.name: metric for metric in table_metrics("binary", threshold) if metric.is_plot}
    computer = MetricComputer(TASK, plots["confusion_matrix"])
    halves = [computer.accumulate(_examples(labels[half], scores[half, None])) for half in np.split(np.arange(100), 2)]
    [matrix] = computer.value(computer.merge(halves)).matrices
    found = np.zeros((2, 2))
    for entry in matrix.entries:
        found[entry.actual_class_id, entry.predicted_class_id] = entry.num_weighted_examples
    expected = sklearn.metrics.confusion_matrix(labels, scores.astype(np.float64) > threshold)
    np.testing.assert_array_equal(found, expected)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300))
def test_quantiles_of_errors_are_those_of_numpy(errors):
    labels = np.linspace(-1, 1, len(errors))
    predictions = labels + np.array(errors)
    for percent in (50, 90):
        expected = np.quantile(np.abs(labels - predictions), percent / 100, method="inverted_cdf")
        metric = AbsoluteErrorQuantile(name="q", percent=percent)
        assert _value(metric, labels, predictions) == expected


def test_quantiles_of_many_errors_are_near_those_of_numpy():
    draw = np.random.default_rng(3)
    errors = draw.exponential(size=100_000)
    metric = AbsoluteErrorQuantile(name="q", percent=90)
    found = _value(metric, np.zeros(len(errors)), errors)
    assert 0.899 <= (errors < found).mean() <= 0.901


def _examples(labels: np.ndarray, predictions: np.ndarray) -> list[metric_types.StandardMetricInputs]:
    return [
        metric_types.StandardMetricInputs(
            labels=np.array([label]), predictions={KEY: prediction}, example_weights=np.ones(1)
        )
        for label, prediction in zip(labels, predictions, strict=True)
    ]


def _tfma_values(metrics, labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    computers = {metric.name: MetricComputer(TASK, metric) for metric in metrics}
    examples = _examples(labels, predictions)
    return {name: float(computer.value(computer.accumulate(examples))) for name, computer in computers.items()}
