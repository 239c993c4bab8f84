"""Every limit that a config names is among the findings, whatever TFMA measured."""

import pytest
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_artifacts

from components.edge_evaluator.executor import worsening_findings
from components.evaluator.eval_config import eval_config
from components.evaluator.executor import baseline_findings
from components.evaluator.findings import threshold_findings
from components.evaluator.metrics import overall_metrics
from components.evaluator.options import EvaluateConfig, Measuring, MetricGate
from records.evaluation import BASELINE, CANDIDATE
from records.findings import NOT_MEASURED, Finding
from tasks.loading import TaskSpec
from tests.components.tfma_files import write_tfma_files

TASK = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
).load()
ALL_LIMITS = MetricGate(min=0.1, max=0.9, min_per_slice=0.1, max_per_slice=0.9, max_worsening=0.5)
ACCURACY = "accuracy"


def _config(*specs: config_pb2.ModelSpec, gate: MetricGate = ALL_LIMITS) -> config_pb2.EvalConfig:
    return eval_config(TASK, gates={ACCURACY: gate}, measuring=Measuring(slices=["label"]), model_specs=list(specs))


def _nobody_asks():
    raise AssertionError("no limit asks for a test")


def _of_evaluator(uri: str) -> list[Finding]:
    config = _config(config_pb2.ModelSpec(name=CANDIDATE), config_pb2.ModelSpec(name=BASELINE, is_baseline=True))
    found = threshold_findings(uri, config, gate="evaluation", has_baseline=True)
    return found + _changes(overall_metrics(uri), baseline=BASELINE)


def _changes(metrics, *, baseline: str | None) -> list[Finding]:
    models = {name: standard_artifacts.Model() for name in (CANDIDATE, baseline) if name}
    config = EvaluateConfig(gates={ACCURACY: ALL_LIMITS}, slices=["label"])
    return baseline_findings(TASK, config, metrics, models=models, examples=standard_artifacts.Examples())


def _of_edge_evaluator(uri: str) -> list[Finding]:
    names = ["float32", "int8"]
    config = _config(*(config_pb2.ModelSpec(name=name) for name in names))
    found = threshold_findings(uri, config, gate="compression", has_baseline=False)
    return found + worsening_findings(
        TASK, {ACCURACY: ALL_LIMITS}, overall_metrics(uri), variants=names, predicted=_nobody_asks
    )


EVALUATORS = {
    "evaluator": (_of_evaluator, {(CANDIDATE, ACCURACY): 0.5, (BASELINE, ACCURACY): 0.5}),
    "edge evaluator": (_of_edge_evaluator, {("float32", ACCURACY): 0.5, ("int8", ACCURACY): 0.5}),
}


@pytest.fixture(params=EVALUATORS)
def evaluator(request):
    return EVALUATORS[request.param]


def _limits(findings: list[Finding]) -> set[tuple[bool, bool]]:
    """(of a change, of slices) of the findings: min and max are one finding."""
    return {("against" in finding.metric, "label" in finding.where) for finding in findings}


THREE_LIMITS = {(False, False), (False, True), (True, False)}


def test_what_was_measured_and_kept_passes(evaluator, tmp_path):
    judge, values = evaluator
    findings = judge(write_tfma_files(tmp_path, {"": values, "0": values, "1": values}))
    assert _limits(findings) == THREE_LIMITS
    assert all(finding.passed for finding in findings)


@pytest.mark.parametrize(
    "left",
    [
        {},
        {"": "all"},
        {"": "all", "0": "all", "1": "none"},
        {"": "none", "0": "all"},
        {"": "no number", "0": "no number"},
    ],
    ids=["no examples", "no slices", "not in one slice", "not over all", "no number"],
)
def test_what_was_not_measured_is_named_and_did_not_pass(evaluator, left, tmp_path):
    judge, values = evaluator
    kept = {"all": values, "none": {}, "no number": dict.fromkeys(values, "text")}
    findings = judge(write_tfma_files(tmp_path, {label: kept[what] for label, what in left.items()}))
    assert _limits(findings) == THREE_LIMITS
    missing = [finding for finding in findings if not finding.passed]
    assert {finding.value for finding in missing} == {NOT_MEASURED}
    assert str(missing[0]).endswith("Received: not measured.")


def test_slices_that_no_example_fell_into_are_called_by_their_feature(tmp_path):
    [missing] = [f for f in _of_evaluator(write_tfma_files(tmp_path, {"": EVALUATORS["evaluator"][1]})) if not f.passed]
    assert (missing.metric, missing.where, missing.limit) == ("accuracy", "by label", ">= 0.1 and <= 0.9")


def test_the_failures_are_those_that_tfma_found(tmp_path):
    values = EVALUATORS["evaluator"][1]
    uri = write_tfma_files(tmp_path, {"": values, "3": values}, failures=[("3", CANDIDATE, ACCURACY)])
    [failed] = [finding for finding in _of_evaluator(uri) if not finding.passed]
    assert (failed.where, failed.value) == ("label=3", 0.5)


def test_a_feature_that_is_named_twice_is_judged_once(tmp_path):
    uri = write_tfma_files(tmp_path, {"": {}, "0": {("", ACCURACY): 0.5}})
    gates = {ACCURACY: MetricGate(min_per_slice=0.1)}
    config = eval_config(TASK, gates=gates, measuring=Measuring(slices=["label", "label"]), model_specs=[])
    assert len(threshold_findings(uri, config, gate="evaluation", has_baseline=False)) == 1


def test_a_first_model_has_nothing_to_be_worse_than():
    [finding] = _changes({"": {ACCURACY: 0.5}}, baseline=None)
    assert (finding.metric, finding.limit, finding.value) == ("accuracy against the baseline", ">= -0.5", "no baseline")
    assert finding.passed
    assert not finding.applies
