"""TFX's own executor, with models: what the config asks for is computed by it."""

import pytest
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.evaluator.executor import Executor
from components.evaluator.options import EvaluateConfig
from components.trainer.export import export
from records.findings import read_findings
from tests.components.points import SPEC, points_model

EVALUATE = EvaluateConfig(
    slices=[["half", {"feature": "label", "boundaries": [1]}]],
    confidence="jackknife",
    fairness={"by": ["half"], "gates": {"true_positive_rate": {"max_difference": 0.1}}},
    gates={"accuracy": {"min_per_slice": 0.9, "max_worsening": 0, "significance": 0.05}},
)


@pytest.fixture(scope="module")
def findings(points, tmp_path_factory):
    """By metric and place, of a model that is wrong about all points, where one that is right is in production."""
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
    return {(finding.metric, finding.where): finding for finding in read_findings(outputs["evaluation"].uri)}


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
