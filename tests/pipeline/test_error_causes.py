"""What a person is told of errors that Beam, TensorFlow and others raised: real ones, no imitations."""

import apache_beam as beam
import pytest
import tensorflow as tf

from components.gates import GateRefused
from data.errors import DataError
from pipeline.error_causes import describe_error, store_error, user_error
from records.findings import Finding

IN_MEMORY = ()
# Beam's worker then hands its traceback over as text.
IN_THREADS = ("--direct_running_mode=multi_threading", "--direct_num_workers=2")
RUNNERS = pytest.mark.parametrize("runner", [IN_MEMORY, IN_THREADS], ids=["in memory", "in threads"])
STEP = "Read shards"


def _raised_in_beam(raise_it, runner) -> Exception:
    with pytest.raises(Exception) as raised, beam.Pipeline(argv=list(runner)) as pipeline:  # noqa: PT011
        pipeline | beam.Create([1]) | STEP >> beam.Map(raise_it)
    return raised.value


def _raised_in_tensorflow(raise_it) -> Exception:
    with pytest.raises(tf.errors.OpError) as raised:
        list(tf.data.Dataset.range(1).map(lambda number: tf.py_function(raise_it, [number], tf.int64)))
    return raised.value


def _divide(number):
    return int(number) / 0


def _convert(number):
    try:
        return {}["width"]
    except KeyError as error:
        raise ValueError("an image must have a width.\nSecond line") from error


def _read(number):
    raise DataError("images.csv, line 3: a line must have a path.\n  Received: none\n\nTail")


def _refuse(number):
    finding = Finding(gate="data", metric="examples", where="train", value=0, limit=">= 1", passed=False)
    raise GateRefused([finding], "Bring more.")


@RUNNERS
def test_a_worker_s_error_is_told_by_its_class_its_message_and_its_step(runner):
    error = _raised_in_beam(_divide, runner)
    assert describe_error(error) == f"ZeroDivisionError: division by zero [while running '{STEP}']"
    assert user_error(error) is None


@RUNNERS
def test_a_worker_s_error_that_is_a_user_s_to_mend_stays_one(runner):
    found = user_error(_raised_in_beam(_read, runner))
    assert (found.title, found.exit_code) == (DataError.title, DataError.exit_code)
    assert str(found).startswith("images.csv, line 3: a line must have a path.\n  Received: none")
    assert "Traceback" not in str(found)


def test_an_error_that_beam_cannot_make_anew_stays_one_too():
    found = user_error(_raised_in_beam(_refuse, IN_MEMORY))
    assert isinstance(found, GateRefused)


def test_the_cause_that_a_worker_s_error_was_raised_from_is_told():
    told = describe_error(_raised_in_beam(_convert, IN_MEMORY))
    assert told == "ValueError: an image must have a width., caused by KeyError: 'width'"


def test_a_python_function_s_error_in_tensorflow_is_found():
    error = _raised_in_tensorflow(_read)
    assert user_error(error).title == DataError.title
    assert describe_error(_raised_in_tensorflow(_divide)).endswith("ZeroDivisionError: division by zero")


@tf.function
def _probability_of_fourth_class(probabilities):
    return probabilities[:, 3]


def _update_metric():
    """As TFMA does, which puts all that a metric was given into the message."""
    probabilities = tf.constant([[0.2, 0.3, 0.5]] * 50)
    try:
        _probability_of_fourth_class(probabilities)
    except ValueError as error:
        raise ValueError(f"TF Metric x fails to update with inputs:\n{probabilities.numpy()},") from error


def test_a_metric_that_fails_is_told_in_a_line_without_what_it_was_given():
    with pytest.raises(ValueError, match="fails to update") as raised:
        _update_metric()
    told = describe_error(raised.value)
    assert told.startswith("ValueError: TF Metric x fails to update with inputs:, caused by ValueError: slice index 3")
    assert "[0.2 0.3 0.5]" not in told
    assert "\n" not in told


def _give_up():
    try:
        try:
            raise DataError("handled")
        except DataError:
            _convert(0)
    except ValueError as error:
        raise RuntimeError from error


def test_causes_are_told_in_order_and_contexts_are_not():
    with pytest.raises(RuntimeError) as raised:
        _give_up()
    told = "RuntimeError, caused by ValueError: an image must have a width., caused by KeyError: 'width'"
    assert describe_error(raised.value) == told
    assert user_error(raised.value) is None


def test_kernels_are_not_told():
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        tf.io.decode_image(b"none")
    assert describe_error(raised.value).startswith("InvalidArgumentError: Unknown image file format")


def test_what_a_store_did_not_give_is_told_with_what_to_do():
    error = tf.errors.UnavailableError(None, None, "Error executing an HTTP request: when reading gs://bucket/a.png")
    told = str(store_error(error))
    assert "Received: UnavailableError: Error executing an HTTP request: when reading gs://bucket/a.png." in told
    assert "docs/object_stores.md" in told


@pytest.mark.parametrize(
    "error", [ValueError("gs://bucket"), tf.errors.InternalError(None, None, "no kernel for Conv")]
)
def test_other_errors_are_no_store_s(error):
    assert store_error(error) is None
