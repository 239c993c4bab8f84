"""Which metrics TFMA computes, by the kind of label. Needs no TensorFlow."""

from tasks.eval_metric import EvalMetric
from tasks.tabular.options import LabelKind

_OWN = "tasks.tabular.tfma_metrics"
_CLASSES = (
    EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy"),
    *(
        EvalMetric(name=name, class_name="ClassesMetric", module=_OWN, config={"metric": name})
        for name in ("balanced_accuracy", "macro_f1")
    ),
    EvalMetric(name="cross_entropy", class_name="SparseCategoricalCrossentropy", higher_is_better=False),
    EvalMetric(name="confusion_matrix", class_name="MultiClassConfusionMatrixPlot", is_plot=True),
)
_TWO_CLASSES = (
    EvalMetric(name="accuracy", class_name="BinaryAccuracy"),
    EvalMetric(name="balanced_accuracy", class_name="BalancedAccuracy", config={"thresholds": [0.5]}),
    EvalMetric(name="auc", class_name="AUC"),
    EvalMetric(name="auc_pr", class_name="AUCPrecisionRecall"),
    EvalMetric(name="precision", class_name="Precision"),
    EvalMetric(name="recall", class_name="Recall"),
    EvalMetric(name="cross_entropy", class_name="BinaryCrossentropy", higher_is_better=False),
)
_NUMBERS = tuple(
    EvalMetric(
        name=name, class_name="NumbersMetric", module=_OWN, config={"metric": name}, higher_is_better=name == "r2"
    )
    for name in ("mae", "rmse", "r2")
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
