"""What is computed of a tiny network's layers; how kernels are changed is tested in tests/compression."""

import json

import keras
import numpy as np
import pytest

from studies.sensitivity.study import measure_sensitivity

EXAMPLES = 48


@pytest.fixture(scope="module")
def batch(digits_spec, digits_run):
    """(inputs, labels) of the first examples."""
    [(inputs, targets)] = digits_run.data(digits_spec.load()).evaluation(EXAMPLES).take(1)
    return inputs, targets["label"].numpy()


@pytest.fixture(scope="module")
def model(digits_spec, batch):
    """A random network whose last layer is fitted by least squares."""
    keras.utils.set_random_seed(0)
    model = digits_spec.load().model()
    inputs, labels = batch
    pooled = keras.Model(model.input, model.get_layer("pooled").output)(inputs, training=False).numpy()
    kernel, *_ = np.linalg.lstsq(pooled, np.eye(10)[labels], rcond=None)
    model.get_layer("logits").kernel.assign(kernel)
    return model


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def results(digits_spec, digits_run, model, told, tmp_path_factory):
    weights = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(weights)
    found = measure_sensitivity(
        digits_run.data(digits_spec.load()),
        str(weights),
        layers=["logits"],
        max_examples=EXAMPLES,
        max_drop=0.001,
        progress=told.append,
    )
    return json.loads(json.dumps(found))


@pytest.fixture(scope="module")
def accuracy(model, batch):
    """A function from a kernel of the last layer to the accuracy over the first examples."""
    inputs, labels = batch

    def measure(kernel: np.ndarray) -> float:
        layer = model.get_layer("logits")
        before = layer.kernel.numpy()
        layer.kernel.assign(kernel)
        predicted = np.argmax(model(inputs, training=False)["logits"], axis=-1)
        layer.kernel.assign(before)
        return float(np.mean(predicted == labels))

    return measure


def test_the_metric_is_that_of_the_first_examples(results, model, accuracy):
    assert (results["metric"], results["examples"]) == ("accuracy", EXAMPLES)
    assert results["before"] == pytest.approx(accuracy(model.get_layer("logits").kernel.numpy()))


def test_each_change_is_tried_on_the_layers_asked_for(results, told):
    changes = ["50 % zero", "80 % zero", "90 % zero", "8 bits", "4 bits"]
    assert [(each["layer"], each["change"]) for each in results["drops"]] == [("logits", each) for each in changes]
    assert told == [f"Tried logits, {change} …" for change in changes]


def test_a_drop_is_what_the_change_costs(results, model, accuracy):
    kernel = model.get_layer("logits").kernel.numpy()
    threshold = np.sort(np.abs(kernel), axis=None)[int(0.9 * kernel.size)]
    pruned = accuracy(np.where(np.abs(kernel) >= threshold, kernel, 0))
    [drop] = [each["drop"] for each in results["drops"] if each["change"] == "90 % zero"]
    assert drop == pytest.approx(accuracy(kernel) - pruned)
    assert drop > 0


def test_what_costs_more_than_it_may_is_excluded(results):
    costly = {each["change"]: ["logits"] for each in results["drops"] if each["drop"] > 0.001}
    assert results["exclude"] == costly
