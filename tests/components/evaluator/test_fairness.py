"""Rates of groups by hand, intervals by the paper, counts by TFMA."""

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from pydantic import ValidationError
from tensorflow_model_analysis.constants import ARROW_INPUT_COLUMN
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.tfxio.tf_example_record import TFExampleBeamRecord

from components.evaluator.eval_config import eval_config
from components.evaluator.extractors import extractors
from components.evaluator.fairness import Share, add_fairness, difference_interval, fairness_findings, share
from components.evaluator.fairness_options import FairnessConfig
from components.evaluator.options import Measuring
from components.evaluator.outcomes import outcome
from inspection.evaluation_results import read_metrics
from records.findings import NOT_MEASURED
from tests.components.points import SPEC

COUNTS = np.array([9, 2, 8, 1])  # True positives, false positives, true negatives, false negatives.


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("true_positive_rate", Share(9, 10)),
        ("false_positive_rate", Share(2, 10)),
        ("selection_rate", Share(11, 20)),
    ],
)
def test_rates_are_of_the_counts(rate, expected):
    assert share(rate, COUNTS) == expected


def test_an_interval_is_that_of_newcombe_s_first_example():
    """Table II, (a): 56/70 and 48/80, method 10: 0.0524 to 0.3339."""
    assert difference_interval(Share(56, 70), Share(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("label", "prediction", "place"),
    [(1, [0.9], 0), (0, [0.9], 1), (0, [0.5], 2), (1, [0.1], 3), (1, [0.4, 0.6], 0), (1, [0.6, 0.4], 3)],
)
def test_outcomes_are_of_a_probability_or_of_two(label, prediction, place):
    assert outcome(np.array([label]), np.array(prediction)) == place


def test_outcomes_of_three_classes_are_refused():
    with pytest.raises(ValueError, match=r"Received: 3 values\."):
        outcome(np.array([1]), np.array([0.2, 0.3, 0.5]))


@pytest.mark.parametrize(
    "values",
    [
        {"by": []},
        {"by": ["sex"], "gates": {"accuracy": {"max_difference": 0.1}}},
        {"by": ["sex"], "gates": {"selection_rate": {"max_difference": 1.5}}},
        {"by": [["sex", "sex"]]},
    ],
)
def test_wrong_options_are_refused(values):
    with pytest.raises(ValidationError):
        FairnessConfig.model_validate(values)


# (sex, label, predicted): how many. Women 9 of 10 and 2 of 10, men 6 of 10 and 1 of 10; of two others no positive.
PEOPLE = {
    ("f", 1, 1): 9,
    ("f", 1, 0): 1,
    ("f", 0, 1): 2,
    ("f", 0, 0): 8,
    ("m", 1, 1): 6,
    ("m", 1, 0): 4,
    ("m", 0, 1): 1,
    ("m", 0, 0): 9,
    ("x", 0, 0): 2,
}
FAIRNESS = FairnessConfig(
    by=["sex", "hair"],
    gates={"true_positive_rate": {"max_difference": 0.2}, "false_positive_rate": {"max_difference": 0.25}},
)


def _example(sex: str, label: int, predicted: int) -> bytes:
    example = tf.train.Example()
    example.features.feature["sex"].bytes_list.value.append(sex.encode())
    example.features.feature["label"].int64_list.value.append(label)
    example.features.feature["new/probabilities"].float_list.value.extend(np.eye(2)[predicted])
    return example.SerializeToString()


@pytest.fixture(scope="module", params=[None, "jackknife"])
def place(request, tmp_path_factory):
    """TFMA's directory, with intervals of other metrics and without."""
    place = str(tmp_path_factory.mktemp("fairness") / "evaluation")
    spec = config_pb2.ModelSpec(name="new", prediction_key="new/probabilities", label_key="label")
    config = eval_config(SPEC.load(), gates={}, measuring=Measuring(confidence=request.param), model_specs=[spec])
    add_fairness(config, FAIRNESS)
    people = [_example(*person) for person, count in PEOPLE.items() for _ in range(count)]
    as_arrow = TFExampleBeamRecord("tfrecord", raw_record_column_name=ARROW_INPUT_COLUMN)
    with beam.Pipeline() as pipeline:
        (
            pipeline
            | beam.Create(people).with_output_types(bytes)
            | as_arrow.BeamSource()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=config, output_path=place, extractors=extractors(eval_config=config)
            )
        )
    return place


def test_differences_are_between_the_highest_and_the_lowest_group(place):
    found = {f.metric: f for f in fairness_findings(place, FAIRNESS, gate="evaluation") if "sex" in f.where}
    assert {metric: (round(f.value, 6), f.limit, f.passed) for metric, f in found.items()} == {
        "difference of true_positive_rate": (0.3, "<= 0.2", False),
        "difference of false_positive_rate": (0.2, "<= 0.25", True),
        "difference of selection_rate": (0.55, "<= 1", True),
    }
    worst = found["difference of true_positive_rate"]
    assert worst.where == "by sex: sex=m 0.6 of 10; sex=f 0.9 of 10; sex=x of none"
    # By Wilson's intervals of 9/10 and 6/10, 0.5958 to 0.9821 and 0.3127 to 0.8318.
    assert worst.interval == pytest.approx((-0.0825, 0.5988), abs=5e-4)


def test_a_group_that_no_example_is_of_is_not_measured(place):
    found = [f for f in fairness_findings(place, FAIRNESS, gate="evaluation") if "hair" in f.where]
    assert [(f.where, f.value, f.passed) for f in found] == [("by hair: no group", NOT_MEASURED, False)] * 3


def test_the_counts_are_no_metric_of_reports(place):
    assert {value.metric for value in read_metrics(place)} == {"accuracy", "example_count"}
