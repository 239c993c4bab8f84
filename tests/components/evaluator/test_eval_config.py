import pytest
from pydantic import ValidationError
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.eval_config import eval_config
from components.evaluator.options import Measuring, MetricGate, WrongGateError, check_gates
from tasks.loading import TaskSpec

TASK = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
).load()


def _thresholds(gate: MetricGate, metric: str = "accuracy"):
    config = eval_config(TASK, gates={metric: gate}, measuring=Measuring(slices=["label"]), model_specs=[])
    [found] = [m for m in config.metrics_specs[0].metrics if metric in m.config]
    return found.per_slice_thresholds


def test_a_limit_over_all_examples_holds_the_overall_slice_only():
    [threshold] = _thresholds(MetricGate(min=0.9))
    assert list(threshold.slicing_specs) == [config_pb2.SlicingSpec()]
    assert threshold.threshold.value_threshold.lower_bound.value == 0.9


def test_a_limit_for_slices_holds_the_slices_only():
    [threshold] = _thresholds(MetricGate(max_per_slice=0.5))
    assert list(threshold.slicing_specs) == [config_pb2.SlicingSpec(feature_keys=["label"])]
    assert threshold.threshold.value_threshold.upper_bound.value == 0.5


def test_changes_are_not_judged_by_tfma():
    assert not _thresholds(MetricGate(max_worsening=0.02))


def test_a_gate_without_limits_is_refused():
    for limits in ({}, {"min": None}):
        with pytest.raises(ValidationError, match="needs one limit at least"):
            MetricGate(**limits)


def test_significance_needs_a_worsening_that_it_is_of():
    with pytest.raises(ValidationError, match=r"needs max_worsening, 0 for any. Received: significance: 0.05 alone"):
        MetricGate(min=0.5, significance=0.05)


@pytest.mark.parametrize("limit", [-0.1, {"relative": -0.1}, {"share": 0.1}, "2%"])
def test_a_worsening_is_a_number_or_a_share(limit):
    with pytest.raises(ValidationError):
        MetricGate(max_worsening=limit)


@pytest.mark.parametrize("name", ["acuracy", "confusion_matrix"])
def test_a_gate_needs_a_metric_with_a_value(name):
    with pytest.raises(WrongGateError, match=rf"accuracy, cross_entropy. Received: '{name}'"):
        check_gates(TASK, {name: MetricGate(min=0)}, slices=[], key="evaluate.gates")


@pytest.mark.parametrize("limit", ["min_per_slice", "max_per_slice"])
def test_a_limit_for_slices_needs_slices(limit):
    with pytest.raises(WrongGateError, match=r"gates.accuracy can have limits per slice where .* Received: no slices"):
        eval_config(
            TASK,
            gates={"accuracy": MetricGate(min=0.05, **{limit: 0.9})},
            measuring=Measuring(slices=[]),
            model_specs=[],
        )
