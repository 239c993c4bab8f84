"""Whether a task's model can be converted and its metrics computed: found out before anything is trained."""

import itertools
import numbers

import keras
import numpy as np
import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types

from compression.conversion.checks import check_dtype
from compression.conversion.errors import ConversionError
from data.errors import DataError
from tasks.base import EvalMetric, Task
from tasks.metric_values import MetricComputer, feature_values

# Of another's message.
MAX_CHARACTERS = 300


class WrongTaskError(ValueError):
    """A task that would fail after its training."""

    title = "Wrong config"
    exit_code = 2


def check_task(task: Task) -> None:
    """Makes the model, and computes each metric of two test examples and of predictions drawn at random, by TFMA's
    computations, without Beam.

    Raises:
      WrongTaskError: the task makes no model with predictions; the model has inputs that TFLite files do not take; the
        class of a metric is not found, cannot be made, fails, or gives something else than a number.
    """
    prediction = _prediction_spec(task)
    examples = _examples(task, prediction)
    if not examples:
        # DataGate says so.
        return
    for metric in task.metrics():
        try:
            computer = MetricComputer(task, metric)
            # As Beam does where each example is in a bundle of its own.
            value = computer.value(computer.merge([computer.accumulate([example]) for example in examples]))
        except Exception as error:  # Metrics are anyone's code.
            raise _refusal(task, metric, examples[0], _cause(error)) from error
        if not metric.is_plot and not isinstance(value, numbers.Real):
            raise _refusal(task, metric, examples[0], f"{type(value).__name__} {_line(str(value))}")


def _examples(task: Task, prediction: tf.TensorSpec) -> list[metric_types.StandardMetricInputs]:
    """The first two of the test split, with predictions drawn at random in place of a trained model's."""
    source = task.source()
    raw = itertools.chain.from_iterable(source.examples(shard) for shard in source.shards("test"))
    draw = np.random.default_rng(0)
    found = []
    # What cannot be read is ExampleGen's to tell.
    readable = (example for _, example in raw if not isinstance(example, DataError))
    for example in itertools.islice(readable, 2):
        features = {name: feature_values(feature) for name, feature in example.features.feature.items()}
        found.append(
            metric_types.StandardMetricInputs(
                labels=features.get(task.label_key),
                predictions={task.prediction_key: _draw_prediction(prediction, draw)},
                example_weights=np.ones(1, np.float32),
                features=features,
            )
        )
    return found


def _prediction_spec(task: Task) -> tf.TensorSpec:
    """Spec of the prediction that TFMA compares with the label; no model is run."""
    try:
        model = task.model()
        for tensor in model.inputs:
            check_dtype(tf.as_dtype(tensor.dtype), f"input {tensor.name} of the model of {type(task).__name__}")
        outputs = {
            name: tf.TensorSpec([None, *output.shape[1:]], output.dtype) for name, output in model.output.items()
        }
        predicted = tf.function(task.predictions).get_concrete_function(outputs).structured_outputs
        return predicted[task.prediction_key]
    except ConversionError as error:
        raise WrongTaskError(str(error)) from None
    except Exception as error:  # Tasks are anyone's code.
        raise WrongTaskError(
            f"{type(task).__name__} must make a model of named outputs, and of these predictions with the key "
            f"{task.prediction_key}. Received: {_cause(error)}. Mend model() or predictions()."
        ) from error
    finally:
        # So that the layers of the model that is trained are named as if this one had not been.
        keras.backend.clear_session()


def _draw_prediction(spec: tf.TensorSpec, draw: np.random.Generator) -> np.ndarray:
    """One example's prediction: floats from 0 to 1 that add up to 1 over the last axis, as probabilities do."""
    shape = [size or 1 for size in spec.shape[1:]]
    if not spec.dtype.is_floating:
        return np.zeros(shape, spec.dtype.as_numpy_dtype)
    values = draw.uniform(size=shape)
    return (values / values.sum(axis=-1, keepdims=True) if shape and shape[-1] > 1 else values).astype(np.float32)


def _refusal(
    task: Task, metric: EvalMetric, example: metric_types.StandardMetricInputs, received: str
) -> WrongTaskError:
    label, prediction = (
        "none" if value is None else f"{value.dtype.name} {list(value.shape)}"
        for value in (example.labels, example.predictions[task.prediction_key])
    )
    return WrongTaskError(
        f"metric {metric.name} of {type(task).__name__} must give one number of two examples, each with a label "
        f"{label} and a prediction {prediction}. Received from {metric.module or 'TFMA or Keras'}, "
        f"{metric.class_name}: {received}. Mend the class or the metric's config; a class that is neither TFMA's nor "
        f"Keras's needs its module."
    )


def _cause(error: BaseException) -> str:
    """The error that this one goes back to, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {_line(str(error))}"


def _line(text: str) -> str:
    """The first line of a text, cut to MAX_CHARACTERS."""
    return text.partition("\n")[0][:MAX_CHARACTERS].rstrip(".")
