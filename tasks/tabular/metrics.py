"""Which metrics TFMA computes, by the kind of label. Needs no TensorFlow."""

from dataclasses import replace
from typing import Any

from tasks.eval_metric import EvalMetric
from tasks.tabular.options import LabelKind

_OWN = "tasks.tabular.tfma_metrics"
_CALIBRATION = EvalMetric(
    name="calibration_error",
    class_name="ClassesMetric",
    module=_OWN,
    config={"metric": "calibration_error"},
    higher_is_better=False,
)
_CONFUSION_MATRIX = "confusion_matrix"
# Of two classes, at a threshold.
_AT_THRESHOLD = {"precision": "Precision", "recall": "Recall", "f1": "F1Score"}
_CLASSES = (
    EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy"),
    *(
        EvalMetric(name=name, class_name="ClassesMetric", module=_OWN, config={"metric": name})
        for name in ("balanced_accuracy", "macro_f1")
    ),
    EvalMetric(name="cross_entropy", class_name="SparseCategoricalCrossentropy", higher_is_better=False),
    _CALIBRATION,
    EvalMetric(name=_CONFUSION_MATRIX, class_name="MultiClassConfusionMatrixPlot", is_plot=True),
)
_TWO_CLASSES = (
    EvalMetric(name="accuracy", class_name="BinaryAccuracy"),
    EvalMetric(name="balanced_accuracy", class_name="BalancedAccuracy", config={"thresholds": [0.5]}),
    EvalMetric(name="auc", class_name="AUC"),
    EvalMetric(name="auc_pr", class_name="AUCPrecisionRecall"),
    *(
        EvalMetric(name=name, class_name=class_name, config={"thresholds": [0.5]})
        for name, class_name in _AT_THRESHOLD.items()
    ),
    EvalMetric(name="cross_entropy", class_name="BinaryCrossentropy", higher_is_better=False),
    _CALIBRATION,
    EvalMetric(
        name=_CONFUSION_MATRIX,
        class_name="TwoClassConfusionMatrixPlot",
        module="tasks.tabular.tfma_confusion",
        config={"threshold": 0.5},
        is_plot=True,
    ),
)
_NUMBERS = (
    *(
        EvalMetric(
            name=name, class_name="NumbersMetric", module=_OWN, config={"metric": name}, higher_is_better=name == "r2"
        )
        for name in ("mae", "rmse", "r2")
    ),
    *(
        EvalMetric(
            name=f"absolute_error_p{percent}",
            class_name="AbsoluteErrorQuantile",
            module="tasks.tabular.tfma_quantiles",
            config={"percent": percent},
            higher_is_better=False,
        )
        for percent in (50, 90)
    ),
)
METRICS: dict[LabelKind, tuple[EvalMetric, ...]] = {
    "binary": _TWO_CLASSES,
    "multi_class": _CLASSES,
    "regression": _NUMBERS,
}
# Key of the predictions that they are computed of.
PREDICTION_KEYS: dict[LabelKind, str] = {
    "binary": "probability",
    "multi_class": "probabilities",
    "regression": "prediction",
}


def table_metrics(kind: LabelKind, threshold: float | None) -> tuple[EvalMetric, ...]:
    """The metrics of a kind of label, those of a threshold at another one if it is given."""
    if threshold is None:
        return METRICS[kind]
    configs: dict[str, dict[str, Any]] = {name: {"thresholds": [threshold]} for name in _AT_THRESHOLD}
    configs[_CONFUSION_MATRIX] = {"threshold": threshold}
    return tuple(replace(metric, config=configs.get(metric.name, metric.config)) for metric in METRICS[kind])
