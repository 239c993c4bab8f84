import functools

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
from tfx.types import standard_artifacts

from components.gates import GateRefused
from components.serving_check.executor import check_serving, retrained_finding, tflite_findings
from components.serving_check.options import ServingCheckConfig
from components.trainer.export import export
from compression.precisions import PRECISIONS
from records.findings import read_findings
from records.shipment import Shipment, read_shipment
from records.variants import MeasuredVariant
from records.warmup import MAX_RECORDS, WARMUP_FILE
from tests.components.points import SPEC, Points, points_model
from tests.components.variant_files import measurement, right_answer, tflite_content, write_variants, wrong_answer

EXPECTED = np.array([[0.0, 2.0], [4.0, 6.0]], np.float32)


def _variant(precision: str) -> MeasuredVariant:
    return measurement(precision, precision=precision)


def test_each_precision_has_its_tolerance():
    """A mean difference of 5 % of the spread is rounding for int8, and an error for float32 and float16."""
    off = EXPECTED + 0.05 * np.std(EXPECTED)
    verdicts = {
        variant: tflite_findings(_variant(variant), {"logits": off}, {"logits": EXPECTED}, 1e-4)[0].passed
        for variant in ("float32", "float16", "dynamic", "int8")
    }
    assert verdicts == {"float32": False, "float16": False, "dynamic": True, "int8": True}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    "outputs",
    [
        {"logits": EXPECTED[::-1]},
        {"logits": EXPECTED[:, :1]},
        {"logits": EXPECTED * np.nan},
        {"probabilities": EXPECTED},
        {},
    ],
    ids=["of other examples", "of another shape", "nan", "of another name", "none"],
)
def test_wrong_outputs_are_refused_at_every_precision(outputs, precision):
    [finding] = tflite_findings(_variant(precision), outputs, {"logits": EXPECTED}, 1e-4)
    assert not finding.passed


def test_each_output_of_a_file_is_a_finding():
    outputs = {"logits": EXPECTED, "state": EXPECTED + 1}
    findings = tflite_findings(_variant("float32"), outputs, {"logits": EXPECTED, "state": EXPECTED}, 1e-4)
    assert [finding.passed for finding in findings] == [True, False]


@pytest.mark.parametrize(("difference", "passed"), [(0.2, True), (0.3, False), (float("nan"), False)])
def test_a_retrained_variant_is_held_to_its_own_model(difference, passed):
    finding = retrained_finding(measurement("sparse", precision="int8", retrained=True, difference=difference))
    assert (finding.where, finding.passed) == ("TFLite sparse", passed)


@pytest.fixture(scope="module")
def right_files(tmp_path_factory):
    return write_variants(tmp_path_factory.mktemp("right") / "variants", {"float32": right_answer})


def _check(
    points, directory, *, model=None, variants, shipped=("float32",), needed=("float32",), examples=8, **options
):
    """ServingCheck's blessing in `directory`; without a `model` on the SavedModel of Points."""
    blessing = standard_artifacts.InfraBlessing()
    blessing.uri = str(directory)
    check_serving(
        model=model or points.model,
        model_run=points.model_run,
        variants=variants,
        examples=points.examples,
        transform_graph=points.transform_graph,
        task_spec=SPEC.model_dump_json(),
        serving_check=ServingCheckConfig(examples=examples, max_difference=1e-4, **options),
        shipment=Shipment(variants=shipped, needed=needed),
        blessing=blessing,
    )
    return blessing


@pytest.fixture
def check(points, right_files, tmp_path):
    """ServingCheck on what is right, but for what the arguments say."""
    return functools.partial(_check, points, tmp_path / "blessing", variants=right_files)


def test_what_computes_the_trained_model_is_blessed(check, tmp_path):
    blessing = check()
    assert blessing.get_int_custom_property("blessed") == 1
    assert (tmp_path / "blessing" / "INFRA_BLESSED").exists()
    assert [finding.where for finding in read_findings(blessing.uri)] == [
        "SavedModel serving_default",
        "SavedModel predict",
        "TFLite float32",
    ]
    assert read_shipment(blessing.uri).variants == ("float32",)


@pytest.fixture(scope="module")
def exported(tmp_path_factory, points):
    """A function that exports a model for a task, which says what the model is given of transformed features."""

    def exported(model, task=points.task):
        made = standard_artifacts.Model()
        made.uri = str(tmp_path_factory.mktemp("exported"))
        export(task, model, points.transform_output, f"{made.uri}/Format-Serving")
        return made

    return exported


def _refusing(refusal) -> list[str]:
    return [finding.where for finding in refusal.value.findings if finding.refuses]


def test_a_saved_model_of_other_weights_is_refused(check, exported, tmp_path):
    with pytest.raises(GateRefused) as refusal:
        check(model=exported(points_model(slope=2.0)))
    assert _refusing(refusal) == ["SavedModel serving_default", "SavedModel predict"]
    assert not (tmp_path / "blessing").exists()


class OtherUnits(Points):
    """Gives the model millimetres."""

    def model_inputs(self, features):
        return {"point": 1000 * features["point"]}


def test_raw_examples_that_are_read_otherwise_are_refused_though_tensors_are_answered_right(check, exported, points):
    with pytest.raises(GateRefused) as refusal:
        check(model=exported(points_model(), OtherUnits(points.task.options)))
    assert _refusing(refusal) == ["SavedModel serving_default"]


def test_a_saved_model_that_does_not_load_is_refused_with_the_reason(check, tmp_path):
    empty = standard_artifacts.Model()
    empty.uri = str(tmp_path / "model")
    with pytest.raises(GateRefused, match="a model must be a readable SavedModel") as refusal:
        check(model=empty)
    assert _refusing(refusal) == ["SavedModel"]


class Fussy(Points):
    """Answers no client."""

    def checked_inputs(self, inputs):
        with tf.control_dependencies([tf.debugging.assert_negative(tf.abs(inputs["point"]) + 1, "never right")]):
            return {"point": tf.identity(inputs["point"])}


def test_a_saved_model_that_cannot_be_called_is_refused_with_the_reason(check, exported, points):
    with pytest.raises(GateRefused, match="never right") as refusal:
        check(model=exported(points_model(), Fussy(points.task.options)))
    assert _refusing(refusal) == ["SavedModel"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files that are wrong each in its way, beside a right one; the measurements say nothing of it."""
    place = tmp_path_factory.mktemp("wrong")
    return write_variants(
        place / "variants",
        {
            "float32": right_answer,
            "exchanged": wrong_answer,
            "right_at_first": lambda point: {"logits": tf.abs(point[:, :1]) * tf.constant([[1.0, -1.0]])},
            "of_three_classes": lambda point: {"logits": point[:, :1] * tf.constant([[-1.0, 1.0, 0.0]])},
            "renamed": lambda point: {"scores": right_answer(point)["logits"]},
            "nan": lambda point: {"logits": right_answer(point)["logits"] * np.nan},
            "of_three_coordinates": tflite_content(right_answer, place / "three", coordinates=3),
            "broken": b"TFL3",
        },
    )


WRONG = ("exchanged", "right_at_first", "of_three_classes", "renamed", "nan", "of_three_coordinates", "broken")


@pytest.fixture(scope="module")
def judged(points, files, tmp_path_factory):
    """ServingCheck's blessing where no wrong file is needed."""
    return _check(points, tmp_path_factory.mktemp("judged"), variants=files, shipped=("float32", *WRONG))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_refused_by_itself(wrong, judged):
    [finding] = [finding for finding in read_findings(judged.uri) if finding.variant == wrong]
    assert (finding.passed, finding.refuses) == (False, False)


def test_wrong_files_are_left_out(judged):
    assert read_shipment(judged.uri).variants == ("float32",)


def test_a_file_that_does_not_load_is_told_with_the_reason(judged):
    [broken] = [finding for finding in read_findings(judged.uri) if finding.variant == "broken"]
    assert "Received: none: a model must be a readable TFLite file. Received:" in str(broken)


def test_a_wrong_file_without_which_nothing_ships_is_refused(check, files, tmp_path):
    with pytest.raises(GateRefused) as refusal:
        check(variants=files, shipped=("float32", "exchanged", "broken"), needed=("broken",))
    assert _refusing(refusal) == ["TFLite broken"]
    assert not (tmp_path / "blessing").exists()


def test_files_are_compared_on_as_many_examples_as_the_config_says(check, files):
    blessing = check(variants=files, shipped=("right_at_first",), needed=("right_at_first",), examples=4)
    assert read_shipment(blessing.uri).variants == ("right_at_first",)


def test_what_an_earlier_gate_left_out_is_not_looked_at(check, files):
    assert {finding.variant for finding in read_findings(check(variants=files).uri)} == {"", "float32"}


def test_retrained_files_are_judged_by_what_was_measured_of_them(check, tmp_path):
    variants = write_variants(
        tmp_path / "variants",
        {"float32": right_answer, "near": b"", "far": b""},
        near={"retrained": True, "difference": 0.0},
        far={"retrained": True, "difference": 1.0},
    )
    blessing = check(variants=variants, shipped=("float32", "near", "far"))
    assert read_shipment(blessing.uri).variants == ("float32", "near")


def _warmup(directory) -> list:
    records = tf.data.TFRecordDataset(str(directory / WARMUP_FILE))
    return [prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request for record in records]


def test_what_was_answered_right_is_there_to_warm_a_server_up(check, points, tmp_path):
    """Replayed as a server does, each request is answered, with what the trained model says of its examples."""
    check()
    requests = _warmup(tmp_path / "blessing")
    counts = [
        (request.model_spec.signature_name, [len(tf.make_ndarray(value)) for value in request.inputs.values()])
        for request in requests
    ]
    assert counts == [(name, [size]) for name in ("serving_default", "predict") for size in [1] * 8 + [8]]
    loaded = tf.saved_model.load(f"{points.model.uri}/Format-Serving")
    answers = {
        (request.model_spec.signature_name, index): loaded.signatures[request.model_spec.signature_name](
            **{name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        )["probabilities"].numpy()
        for index, request in enumerate(requests)
    }
    [*all_at_once] = answers["serving_default", 8]
    assert np.allclose([answers["serving_default", index][0] for index in range(8)], all_at_once)
    assert np.allclose(answers["predict", 17], all_at_once)


def test_warm_up_requests_carry_no_label(check, tmp_path):
    check()
    [first, *_] = _warmup(tmp_path / "blessing")
    [serialized] = tf.make_ndarray(first.inputs["examples"])
    assert set(tf.train.Example.FromString(serialized).features.feature) == {"point"}


@pytest.mark.parametrize(("wanted", "records"), [(0, 0), (2, 6), (400, 18)])
def test_as_many_examples_warm_up_as_the_config_says_and_there_are(check, tmp_path, wanted, records):
    check(warmup_examples=wanted)
    assert (tmp_path / "blessing" / WARMUP_FILE).exists() == bool(records)
    if records:
        assert len(_warmup(tmp_path / "blessing")) == records


def test_the_most_that_a_config_can_ask_for_is_below_what_a_server_takes():
    most = next(each.le for each in ServingCheckConfig.model_fields["warmup_examples"].metadata if hasattr(each, "le"))
    assert 2 * (most + 1) <= MAX_RECORDS
