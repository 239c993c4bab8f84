import functools
import hashlib
import math
from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx.types import standard_artifacts

from components.edge_evaluator.executor import (
    budget_findings,
    evaluate_variants,
    worsening_findings,
)
from components.edge_evaluator.options import EdgeEvaluatorOptions
from components.edge_evaluator.predictions import Predict
from components.evaluator.metrics import overall_metrics
from components.evaluator.options import Measuring, MetricGate
from components.splits import split_files
from records.findings import NOT_MEASURED, read_findings
from records.predictions import read_predictions
from records.shipment import Shipment, read_shipment
from records.variants import Choice, Miss
from tasks.loading import TaskSpec
from tests.components.points import POINTS_CM, SPEC
from tests.components.tfma_files import write_tfma_files
from tests.components.variant_files import right_answer, write_variants

TASK = TaskSpec(
    task="tasks.image_classification.ImageClassification",
    options={"source": {"kind": "digits"}, "height": 8, "width": 8},
).load()


def _nobody_asks():
    raise AssertionError("no limit asks for a test")


@pytest.mark.parametrize(
    ("metric", "int8", "passed"),
    [
        ("accuracy", 0.89, True),
        ("accuracy", 0.87, False),
        ("accuracy", 0.95, True),
        ("cross_entropy", 0.91, True),
        ("cross_entropy", 0.93, False),
        ("cross_entropy", 0.1, True),
    ],
)
def test_worse_is_what_the_metric_says(metric, int8, passed):
    gates = {metric: MetricGate(max_worsening=0.02)}
    metrics = {"float32": {metric: 0.9}, "int8": {metric: int8}}
    [finding] = worsening_findings(TASK, gates, metrics, variants=["float32", "int8"], predicted=_nobody_asks)
    assert (finding.where, finding.passed) == ("int8", passed)
    assert finding.value == pytest.approx(int8 - 0.9)


def test_without_the_limit_nothing_is_compared():
    metrics = {"float32": {"accuracy": 0.9}, "int8": {"accuracy": 0.1}}
    assert (
        worsening_findings(
            TASK, {"accuracy": MetricGate(min=0.05)}, metrics, variants=list(metrics), predicted=_nobody_asks
        )
        == []
    )


MISS = Miss(variant="int8", budget="max_bytes", value=150, limit=100)


def test_nothing_within_the_budgets_is_refused_and_says_by_how_much():
    [finding] = budget_findings(Choice(variant=None, reason="none", front=(), misses=(MISS,)))
    assert not finding.passed
    assert str(finding) == "bytes (int8) must be <= 100 (over by 50). Received: 150."


def test_a_variant_over_a_budget_stops_nothing_where_another_is_within():
    assert budget_findings(Choice(variant="float32", reason="", front=(), misses=(MISS,))) == []


def test_a_metric_that_a_file_lacks_did_not_pass():
    metrics = {"float32": {"accuracy": 0.9}, "int8": {}}
    [finding] = worsening_findings(
        TASK, {"accuracy": MetricGate(max_worsening=0.5)}, metrics, variants=["float32", "int8"], predicted=_nobody_asks
    )
    assert (finding.value, finding.passed, finding.variant) == (NOT_MEASURED, False, "int8")


def test_each_budget_that_each_file_misses_is_a_finding():
    misses = (MISS, Miss(variant="float32", budget="max_latency_ms", value=0.5, limit=0.25))
    findings = budget_findings(Choice(variant=None, reason="none", front=(), misses=misses))
    assert [(finding.metric, finding.where) for finding in findings] == [("bytes", "int8"), ("latency_ms", "float32")]


def test_budgets_that_nothing_keeps_stop_the_launch_whatever_is_needed():
    [finding] = budget_findings(Choice(variant=None, reason="none", front=(), misses=(MISS,)))
    assert finding.refuses
    assert finding.variant == ""


def _upside_down(point):
    """Right about the upper half alone."""
    return {"logits": right_answer(point)["logits"] * tf.sign(point[:, 1:])}


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    """A file that is right about every point, and one that is right about half of them."""
    answers = {"float32": right_answer, "float16": _upside_down}
    return write_variants(tmp_path_factory.mktemp("edge") / "variants", answers)


def test_predictions_are_beside_the_raw_features(points, variants):
    predict = Predict(
        task_spec=SPEC.model_dump_json(),
        models={name: f"{variants.uri}/{name}.tflite" for name in ("float32", "float16")},
        transform_graph=points.transform_graph.uri,
    )
    predict.setup()
    [file] = split_files(points.examples, "test")
    predicted = [tf.train.Example.FromString(text) for text in predict.process(file)]
    assert len(predicted) == len(POINTS_CM)
    # The point (-300, -200) in centimetres: logits are 3 and -3, upside down -3 and 3.
    features = predicted[0].features.feature
    assert list(features["point"].float_list.value) == [-300.0, -200.0]
    left = 1 / (1 + math.exp(-6.0))
    assert list(features["float32/probabilities"].float_list.value) == pytest.approx([left, 1 - left], rel=1e-4)
    assert list(features["float16/probabilities"].float_list.value) == pytest.approx([1 - left, left], rel=1e-4)


GATES = {"accuracy": MetricGate(min=0.9, min_per_slice=0.75, max_worsening=0.25)}
# Of all points, and of those on either side, as if float16 were wrong about all points on the right.
METRICS = {
    "": {("float32", "accuracy"): 1.0, ("float16", "accuracy"): 0.5},
    "0": {("float32", "accuracy"): 1.0, ("float16", "accuracy"): 1.0},
    "1": {("float32", "accuracy"): 1.0, ("float16", "accuracy"): 0.0},
}
FAILURES = [("", "float16", "accuracy"), ("1", "float16", "accuracy")]


def _evaluate(points, variants, place: Path, *, required=(), gates=GATES):
    """EdgeEvaluator's evaluation and blessing."""
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(place / "evaluation"), str(place / "blessing")
    evaluate_variants(
        variants=variants,
        model_run=points.model_run,
        examples=points.examples,
        transform_graph=points.transform_graph,
        task_spec=SPEC.model_dump_json(),
        compress=EdgeEvaluatorOptions(variants=("float32", "float16"), required=required, gates=gates),
        measuring=Measuring(slices=["label"]),
        evaluation=evaluation,
        blessing=blessing,
        pipeline=beam.Pipeline(),
    )
    return evaluation, blessing


@pytest.fixture
def evaluate(points, variants, tmp_path, monkeypatch):
    """EdgeEvaluator's evaluation and blessing, where TFMA finds METRICS."""

    def found(*, eval_config, output_path, extractors):
        Path(output_path).mkdir()
        write_tfma_files(Path(output_path), METRICS, failures=FAILURES)
        return beam.combiners.Count.Globally()

    monkeypatch.setattr(tfma, "ExtractEvaluateAndWriteResults", found)
    return functools.partial(_evaluate, points, variants, tmp_path)


def test_every_limit_is_held_against_every_file_and_slice(evaluate):
    evaluation, _ = evaluate()
    found = {
        (finding.metric, finding.where): (finding.value, finding.passed) for finding in read_findings(evaluation.uri)
    }
    assert found == {
        ("accuracy", "float32"): (1.0, True),
        ("accuracy", "float32, label=0"): (1.0, True),
        ("accuracy", "float32, label=1"): (1.0, True),
        ("accuracy", "float16"): (0.5, False),
        ("accuracy", "float16, label=0"): (1.0, True),
        ("accuracy", "float16, label=1"): (0.0, False),
        ("accuracy against float32", "float16"): (-0.5, False),
    }


def test_a_finding_names_the_file_that_it_is_of(evaluate):
    evaluation, _ = evaluate()
    assert {finding.variant for finding in read_findings(evaluation.uri) if not finding.passed} == {"float16"}


def test_a_file_that_is_not_needed_is_left_out_and_the_rest_is_blessed(evaluate):
    evaluation, blessing = evaluate()
    assert read_shipment(evaluation.uri) == Shipment(variants=("float32",), needed=("float32",))
    assert blessing.get_int_custom_property("blessed") == 1


def test_without_a_required_file_nothing_is_blessed(evaluate):
    evaluation, blessing = evaluate(required=("float16",))
    assert read_shipment(evaluation.uri).needed == ("float32", "float16")
    assert blessing.get_int_custom_property("blessed") == 0


def test_a_files_worsening_is_tested_on_what_it_predicts(evaluate):
    """Of the 8 points, the 4 lower ones are lost by float16: 1/2^4 by chance."""
    gates = {"accuracy": MetricGate(max_worsening=0.0, significance=0.1)}
    [refused] = [f for f in read_findings(evaluate(gates=gates)[0].uri) if "against" in f.metric]
    assert (refused.p_value, refused.passed) == (pytest.approx(0.0625), False)


def test_a_worsening_that_chance_explains_refuses_no_file(evaluate):
    gates = {"accuracy": MetricGate(max_worsening=0.0, significance=0.05)}
    [kept] = [f for f in read_findings(evaluate(gates=gates)[0].uri) if "against" in f.metric]
    assert (kept.value, kept.passed, kept.variant) == (-0.5, True, "float16")


def test_tfma_judges_each_file_by_what_it_predicts(points, variants, tmp_path):
    """Of POINTS_CM, float16 is right about the upper half alone."""
    evaluation, _ = _evaluate(points, variants, tmp_path, gates={})
    metrics = overall_metrics(evaluation.uri)
    upper = sum(y > 0 for _, y in POINTS_CM) / len(POINTS_CM)
    assert metrics["float32"]["accuracy"] == 1.0
    assert metrics["float16"]["accuracy"] == pytest.approx(upper)
    assert metrics["float16"]["example_count"] == len(POINTS_CM)


def test_what_each_file_said_of_each_example_is_kept(points, variants, tmp_path):
    """By the keys that Evaluator gives the same examples, for which the predictions beside them do not count."""
    evaluation, _ = _evaluate(points, variants, tmp_path, gates={})
    found = read_predictions(evaluation.uri)
    assert found.models == ("float32", "float16")
    assert found.values_of("float32", "accuracy").tolist() == [1.0] * len(POINTS_CM)
    assert found.values_of("float16", "accuracy").sum() == sum(y > 0 for _, y in POINTS_CM)
    [file] = split_files(points.examples, "test")
    raw = [tf.train.Example.FromString(text.numpy()) for text in tf.data.TFRecordDataset(file, "GZIP")]
    texts = [example.SerializeToString(deterministic=True) for example in raw]
    keys = [int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") for text in texts]
    assert found.keys.tolist() == sorted(keys)
