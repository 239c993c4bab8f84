"""Evaluator around TFX's own, for which files of TFMA stand in."""

from pathlib import Path

import pytest
from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2
from tfx.components.evaluator import executor as tfx_executor
from tfx.types import standard_artifacts

from components.evaluator.executor import Executor, two_models_config
from components.evaluator.options import EvaluateConfig
from records.findings import read_findings
from records.model_run import write_model_facts
from tests.components.model_facts import model_facts
from tests.components.points import SPEC
from tests.components.tfma_files import write_tfma_files

EVALUATE = EvaluateConfig(gates={"accuracy": {"min": 0.75, "max_worsening": 0.25}}, slices=["half"])


@pytest.fixture
def evaluate(points, tmp_path, monkeypatch):
    """Evaluator's artifacts, TFX's arguments and the findings, where the new model's accuracy is the one given."""

    def evaluate(accuracy, *, baseline=None, incomparable="", config=EVALUATE, model_run=points.model_run):
        asked = {}

        def do(self, input_dict, output_dict, exec_properties):
            asked.update(inputs=input_dict, properties=exec_properties)
            overall = {("" if baseline is None else "candidate", "accuracy"): accuracy}
            failures = [("", "" if baseline is None else "candidate", "accuracy")] if accuracy < 0.75 else []
            if baseline is not None:
                overall[("baseline", "accuracy")] = baseline
                overall[("candidate", "accuracy change")] = accuracy - baseline
                if baseline - accuracy > 0.25:
                    failures.append(("", "candidate", "accuracy change"))
            Path(output_dict["evaluation"][0].uri).mkdir()
            write_tfma_files(Path(output_dict["evaluation"][0].uri), {"": overall}, failures=failures)

        monkeypatch.setattr(tfx_executor.Executor, "Do", do)
        baseline_model = standard_artifacts.Model()
        baseline_model.uri = str(tmp_path / "baseline")
        baseline_model.set_string_custom_property("incomparable", incomparable)
        if baseline is not None:
            (tmp_path / "baseline" / "Format-Serving").mkdir(parents=True)
        outputs = {"evaluation": standard_artifacts.ModelEvaluation(), "blessing": standard_artifacts.ModelBlessing()}
        for name, artifact in outputs.items():
            artifact.uri = str(tmp_path / name)
        inputs = {
            "examples": points.examples,
            "model": points.model,
            "model_run": model_run,
            "baseline_model": baseline_model,
        }
        Executor().Do(
            {name: [artifact] for name, artifact in inputs.items()},
            {name: [artifact] for name, artifact in outputs.items()},
            {"task_spec": SPEC.model_dump_json(), "evaluate": config.model_dump_json()},
        )
        blessed = outputs["blessing"].get_int_custom_property("blessed")
        return blessed, read_findings(outputs["evaluation"].uri), asked

    return evaluate


def test_a_first_model_within_its_limits_is_blessed_and_no_change_is_judged(evaluate):
    blessed, findings, _ = evaluate(0.75)
    assert blessed == 1
    assert [(finding.metric, finding.value, finding.applies) for finding in findings] == [
        ("accuracy", 0.75, True),
        ("accuracy against the baseline", "no baseline", False),
    ]


def test_a_model_below_a_limit_is_not_blessed(evaluate):
    blessed, findings, _ = evaluate(0.5)
    assert blessed == 0
    assert [str(finding) for finding in findings if not finding.passed] == ["accuracy must be >= 0.75. Received: 0.5."]


@pytest.mark.parametrize(("baseline", "blessed"), [(0.875, 1), (1.0625, 0)])
def test_a_model_is_held_against_the_one_in_production(baseline, blessed, evaluate):
    found, findings, _ = evaluate(0.75, baseline=baseline)
    assert found == blessed
    [change] = [finding for finding in findings if "against" in finding.metric]
    assert (change.value, change.passed) == (0.75 - baseline, bool(blessed))


def test_an_empty_baseline_is_none_to_tfx(evaluate):
    _, _, asked = evaluate(1.0)
    assert "baseline_model" not in asked["inputs"]


def test_a_baseline_is_handed_to_tfx(evaluate):
    _, _, asked = evaluate(1.0, baseline=1.0)
    assert "baseline_model" in asked["inputs"]


def test_tfx_evaluates_the_test_split(evaluate):
    _, _, asked = evaluate(1.0)
    assert asked["properties"]["example_splits"] == '["test"]'


@pytest.mark.parametrize(("on_incomparable", "blessed"), [("refuse", 0), ("ignore", 1)])
def test_a_model_that_cannot_be_compared_is_refused_unless_the_config_ignores_it(on_incomparable, blessed, evaluate):
    config = EVALUATE.model_copy(update={"incomparable_baseline": on_incomparable})
    found, findings, _ = evaluate(1.0, incomparable="classes left → right", config=config)
    assert found == blessed
    assert "no: classes left → right" in [finding.value for finding in findings]


def test_metrics_are_those_of_the_task_as_tuner_left_it(evaluate, tmp_path):
    model_run = standard_artifacts.ModelRun()
    model_run.uri = str(tmp_path / "run")
    write_model_facts(model_run.uri, model_facts({"options.metric": "recall"}))
    config = EvaluateConfig(gates={"recall": {"min": 0.5}})
    _, _, asked = evaluate(1.0, model_run=model_run, config=config)
    given = json_format.Parse(asked["properties"]["eval_config"], config_pb2.EvalConfig())
    assert '"recall"' in given.metrics_specs[0].metrics[0].config


def test_the_config_is_of_the_new_model_and_of_the_baseline():
    config = two_models_config(SPEC.load(), EVALUATE)
    specs = [(spec.name, spec.is_baseline, spec.label_key, spec.prediction_key) for spec in config.model_specs]
    assert specs == [("candidate", False, "label", "probabilities"), ("baseline", True, "label", "probabilities")]
    assert {spec.signature_name for spec in config.model_specs} == {"serving_default"}


def test_every_slice_of_the_config_is_evaluated_beside_all_examples():
    config = two_models_config(SPEC.load(), EVALUATE)
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [[], ["half"]]
