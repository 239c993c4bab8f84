"""TFX's own executor, with models: what the config asks for is computed by it."""

import math

import pytest
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.evaluator.executor import Executor
from components.evaluator.options import EvaluateConfig
from components.trainer.export import export
from records.findings import read_findings
from records.predictions import read_predictions
from records.shown_examples import read_shown_examples
from tests.components.points import POINTS_CM, SPEC, points_model

EVALUATE = EvaluateConfig(
    slices=[["half", {"feature": "label", "boundaries": [1]}]],
    confidence="jackknife",
    fairness={"by": ["half"], "gates": {"true_positive_rate": {"max_difference": 0.1}}},
    gates={"accuracy": {"min_per_slice": 0.9, "max_worsening": 0, "significance": 0.05}},
)


@pytest.fixture(scope="module")
def evaluation(points, tmp_path_factory):
    """Of a model that is wrong about all points, where one that is right is in production."""
    place = tmp_path_factory.mktemp("evaluated")
    export(points.task, points_model(slope=-1.0), points.transform_output, str(place / "new" / "Format-Serving"))
    new, schema = standard_artifacts.Model(), standard_artifacts.Schema()
    new.uri, schema.uri = str(place / "new"), str(place / "schema")
    io_utils.write_pbtxt_file(f"{schema.uri}/schema.pbtxt", points.task.schema())
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = points.examples.uri, '["train", "eval", "test"]'
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    outputs = {"evaluation": standard_artifacts.ModelEvaluation(), "blessing": standard_artifacts.ModelBlessing()}
    for name, artifact in outputs.items():
        artifact.uri = str(place / name)
    inputs = {
        "examples": examples,
        "model": new,
        "model_run": points.model_run,
        "baseline_model": points.model,
        "schema": schema,
    }
    Executor().Do(
        {name: [artifact] for name, artifact in inputs.items()},
        {name: [artifact] for name, artifact in outputs.items()},
        {"task_spec": SPEC.model_dump_json(), "evaluate": EVALUATE.model_dump_json()},
    )
    return outputs["evaluation"].uri


@pytest.fixture(scope="module")
def findings(evaluation):
    """By metric and place."""
    return {(finding.metric, finding.where): finding for finding in read_findings(evaluation)}


def test_crosses_of_intervals_are_sliced_by(findings):
    slices = {where: finding.value for (metric, where), finding in findings.items() if metric == "accuracy"}
    halves, labels = ("upper", "lower"), ("below 1", "1 and more")
    assert slices == {f"half={half}, label={label}": 0.0 for half in halves for label in labels}


def test_a_worse_model_is_refused_by_a_test_of_the_predictions_of_both(findings):
    """Of 8 points all are lost: 1/2^8 by chance."""
    worse = findings["accuracy against the baseline", ""]
    assert (worse.value, worse.p_value, worse.passed) == (-1.0, pytest.approx(1 / 256), False)


def test_groups_are_counted_of_the_new_model(findings):
    [rates] = [finding for (metric, _), finding in findings.items() if metric == "difference of true_positive_rate"]
    assert rates.where == "by half: half=lower 0 of 2; half=upper 0 of 2"
    assert (rates.value, rates.passed) == (0.0, True)


def test_what_the_new_model_said_of_each_example_is_kept(evaluation):
    found = read_predictions(evaluation)
    assert (found.models, found.metrics, found.kind, found.overlap) == (("candidate",), ("accuracy",), "classes", False)
    assert len(set(found.keys.tolist())) == len(POINTS_CM)
    assert sorted(found.labels) == sorted(float(x > 0) for x, _ in POINTS_CM)
    # Wrong about all of them.
    assert found.values_of("candidate", "accuracy").tolist() == [0.0] * len(POINTS_CM)
    assert (found.outputs[0].argmax(axis=1) == 1 - found.labels).all()
    assert found.outputs[0].sum(axis=1) == pytest.approx(1.0)
    assert found.in_slice("half=upper, label=below 1").sum() == 2


def test_the_examples_that_it_is_most_wrong_about_are_kept_to_be_shown(evaluation):
    """Logits are 3 and -3 at 300 cm, the wrong way round, so that a loss is ln(1 + e^6)."""
    shown = read_shown_examples(evaluation)
    assert len(shown) == len(POINTS_CM)
    assert shown[0].loss == pytest.approx(math.log1p(math.exp(6)), rel=1e-4)
    assert [abs(each.features["point"][0]) for each in shown] == [300.0] * 4 + [100.0] * 4
    assert "label" not in shown[0].features
    assert {each.features["half"][0] for each in shown} == {"upper", "lower"}
    keys = {f"{key:016x}" for key in read_predictions(evaluation).keys.tolist()}
    assert {each.key for each in shown} == keys
