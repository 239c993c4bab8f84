"""Slices by several features and by intervals, through TFMA itself."""

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
from components.evaluator.findings import threshold_findings
from components.evaluator.options import Measuring, MetricGate
from components.evaluator.slicing import Intervals
from inspection.evaluation_results import read_metrics
from tests.components.points import SPEC

AGES = {"feature": "age", "boundaries": [18, 30]}


@pytest.mark.parametrize("boundaries", [[], [30, 18], [18, 18], [float("nan")], [18, float("inf")]])
def test_boundaries_increase_and_are_numbers(boundaries):
    with pytest.raises(ValidationError, match="boundaries"):
        Intervals(feature="age", boundaries=boundaries)


def test_a_message_says_what_was_received():
    with pytest.raises(ValidationError, match=r"boundaries must increase. Received: \[30.0, 18.0\]"):
        Measuring(slices=[{"feature": "age", "boundaries": [30, 18]}])


@pytest.mark.parametrize("cross", [["sex", "sex"], [AGES, AGES]])
def test_a_cross_names_a_feature_once(cross):
    with pytest.raises(ValidationError, match="must name different ones"):
        Measuring(slices=[cross])


@pytest.mark.parametrize("cross", [[[]], [["sex"]]])
def test_a_cross_is_of_two_at_least(cross):
    with pytest.raises(ValidationError):
        Measuring(slices=cross)


# Age, sex, label and what is predicted; without an age of the last.
PEOPLE = [
    (17.0, "f", 1, 1),
    (18.0, "f", 1, 0),
    (29.5, "m", 0, 0),
    (30.0, "m", 1, 0),
    (50.0, "f", 0, 0),
    (None, "m", 1, 1),
]


def _example(age, sex, label, predicted) -> bytes:
    example = tf.train.Example()
    feature = example.features.feature
    if age is not None:
        feature["age"].float_list.value.append(age)
    feature["sex"].bytes_list.value.append(sex.encode())
    feature["label"].int64_list.value.append(label)
    feature["new/probabilities"].float_list.value.extend(np.eye(2)[predicted])
    return example.SerializeToString()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """TFMA's directory and the config that it was given."""
    place = str(tmp_path_factory.mktemp("sliced") / "evaluation")
    measuring = Measuring(slices=[AGES, [AGES, "sex"], "sex"], confidence="jackknife")
    spec = config_pb2.ModelSpec(name="new", prediction_key="new/probabilities", label_key="label")
    gates = {"accuracy": MetricGate(min_per_slice=0.25)}
    config = eval_config(SPEC.load(), gates=gates, measuring=measuring, model_specs=[spec])
    as_arrow = TFExampleBeamRecord("tfrecord", raw_record_column_name=ARROW_INPUT_COLUMN)
    with beam.Pipeline() as pipeline:
        (
            pipeline
            | beam.Create([_example(*person) for person in PEOPLE * 10]).with_output_types(bytes)
            | as_arrow.BeamSource()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=config, output_path=place, extractors=extractors(eval_config=config)
            )
        )
    return place, config


def test_slices_are_intervals_and_what_several_features_have_together(evaluated):
    place, _ = evaluated
    found = {value.where: value.value for value in read_metrics(place) if value.metric == "accuracy"}
    assert found == {
        "": pytest.approx(4 / 6),
        "age=below 18": 1.0,
        "age=[18, 30)": 0.5,
        "age=30 and more": 0.5,
        "age=below 18, sex=f": 1.0,
        "age=[18, 30), sex=f": 0.0,
        "age=[18, 30), sex=m": 1.0,
        "age=30 and more, sex=m": 0.0,
        "age=30 and more, sex=f": 1.0,
        "sex=f": pytest.approx(2 / 3),
        "sex=m": pytest.approx(2 / 3),
    }


def test_every_slice_is_held_to_its_limit(evaluated):
    findings = threshold_findings(*evaluated, gate="evaluation", has_baseline=False)
    assert {finding.where for finding in findings if not finding.passed} == {
        "age=[18, 30), sex=f",
        "age=30 and more, sex=m",
    }
    assert len(findings) == 10


def test_each_metric_has_its_interval(evaluated):
    """By the normal approximation 4/6 of 60 is known to 0.12; the jackknife's t of 20 groups is about that."""
    place, config = evaluated
    [overall] = [v for v in read_metrics(place) if (v.where, v.metric) == ("", "accuracy")]
    assert overall.low == pytest.approx(4 / 6 - 0.12, abs=0.06)
    assert overall.high == pytest.approx(4 / 6 + 0.12, abs=0.06)
    [finding] = [f for f in threshold_findings(place, config, gate="g", has_baseline=False) if f.where == "sex=f"]
    assert finding.interval[0] < finding.value < finding.interval[1]
    assert f"Received: 0.6667 ({finding.interval[0]:.4g} to " in str(finding)


@pytest.mark.parametrize(
    ("confidence", "method"), [("jackknife", "JACKKNIFE"), ("poisson_bootstrap", "POISSON_BOOTSTRAP")]
)
def test_the_option_names_tfma_s_method(confidence, method):
    config = eval_config(SPEC.load(), gates={}, measuring=Measuring(confidence=confidence), model_specs=[])
    assert config.options.compute_confidence_intervals.value
    methods = config_pb2.ConfidenceIntervalOptions.ConfidenceIntervalMethod
    assert config.options.confidence_intervals.method == methods.Value(method)


def test_by_default_there_is_none():
    config = eval_config(SPEC.load(), gates={}, measuring=Measuring(), model_specs=[])
    assert not config.options.compute_confidence_intervals.value
