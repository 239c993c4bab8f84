"""What examples contribute adds up to what TFMA's own computation of the metric finds."""

import numpy as np
import pytest

from components.evaluator.example_values import MAX_METRICS, ExampleValues
from components.evaluator.paired_examples import PairedExamples
from tasks.eval_metric import EvalMetric
from tasks.forecasting.eval_metrics import list_metrics
from tasks.forecasting.options import ForecastingOptions
from tasks.metric_values import MetricComputer
from tasks.tabular.metrics import METRICS

ROWS = 12


class _Asked:
    """As much of a task as metrics ask for."""

    label_key, evaluation_keys = "label", ()

    def __init__(self, prediction_key: str, metrics: tuple[EvalMetric, ...]) -> None:
        self.prediction_key = prediction_key
        self._metrics = metrics

    def metrics(self) -> tuple[EvalMetric, ...]:
        return self._metrics


def _numbers() -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    draw = np.random.default_rng(0)
    labels, predictions = draw.normal(size=(2, ROWS, 1)).astype(np.float32)
    return list(labels), list(predictions), [{}] * ROWS


def _binary() -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    draw = np.random.default_rng(1)
    labels = [np.array([each]) for each in draw.integers(0, 2, ROWS)]
    return labels, list(draw.random((ROWS, 1)).astype(np.float32)), [{}] * ROWS


def _classes() -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    draw = np.random.default_rng(2)
    labels = [np.array([each]) for each in draw.integers(0, 3, ROWS)]
    return labels, list(draw.dirichlet(np.ones(3), ROWS).astype(np.float32)), [{}] * ROWS


def _windows() -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    """Of 6 rows of history and 2 of future, of two channels; a value of one future is missing."""
    draw = np.random.default_rng(3)
    labels = list(draw.normal(size=(ROWS, 4)).astype(np.float32))
    labels[0][1] = np.nan
    features = [
        {"history": draw.normal(size=12).astype(np.float32), "scale": np.array([1.0, 2.0], np.float32)}
        for _ in range(ROWS)
    ]
    return labels, list(draw.normal(size=(ROWS, 2, 2, 1)).astype(np.float32)), features


def _episodes() -> tuple[list[np.ndarray], list[np.ndarray], list[dict]]:
    """Of 5 queries, of two outputs, after 0 and 1 steps."""
    draw = np.random.default_rng(4)
    labels = [draw.integers(0, 2, 5) for _ in range(ROWS)]
    return labels, list(draw.normal(size=(ROWS, 2, 5, 2)).astype(np.float32)), [{}] * ROWS


def _episode_metric(name: str, *, is_interval: bool) -> EvalMetric:
    config = {"metric": "accuracy", "step": 1, "queries": 5, "outputs": 2, "is_interval": is_interval}
    return EvalMetric(name=name, class_name="EpisodeMetric", module="tasks.few_shot.tfma_metric", config=config)


FORECASTS = list_metrics(
    ForecastingOptions.model_construct(horizon=2, season=2, quantiles=(), horizon_parts=1), ("a", "b")
)
CASES = {
    "numbers": ("prediction", METRICS["regression"], _numbers, ["mae"]),
    "binary": ("probability", METRICS["binary"], _binary, ["accuracy", "cross_entropy"]),
    "classes": ("probabilities", METRICS["multi_class"], _classes, ["accuracy", "cross_entropy"]),
    "forecasts": ("quantiles", FORECASTS, _windows, [metric.name for metric in FORECASTS[:MAX_METRICS]]),
    "episodes": (
        "predictions",
        (_episode_metric("accuracy", is_interval=False), _episode_metric("accuracy_ci95", is_interval=True)),
        _episodes,
        ["accuracy"],
    ),
    "errors": (
        "prediction",
        tuple(EvalMetric(name=name, class_name=name) for name in ("MeanAbsoluteError", "MeanSquaredError")),
        _numbers,
        ["MeanAbsoluteError", "MeanSquaredError"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_examples_contribute_adds_up_to_the_metric(case):
    key, metrics, make, expected = CASES[case]
    task = _Asked(key, metrics)
    labels, predictions, features = make()
    values = ExampleValues(task)
    assert list(values.metrics) == expected
    ratios = np.array([values.of(*each) for each in zip(labels, predictions, features, strict=True)])
    together = PairedExamples(labels=labels, features=features, predictions={"": predictions}).inputs("", key=key)
    for place, name in enumerate(values.metrics):
        computer = MetricComputer(task, next(metric for metric in metrics if metric.name == name))
        total, part = ratios[:, place].sum(axis=0)
        assert total / part == pytest.approx(float(computer.value(computer.accumulate(together))), rel=1e-5)


def test_of_labels_of_many_parts_nothing_is_known():
    task = _Asked("probabilities", (EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy"),))
    [ratio] = ExampleValues(task).of(np.array([0, 1]), np.full((2, 3), 1 / 3), {})
    assert np.isnan(ratio).all()
