"""What every task has to keep; a new task is one more line in TASKS of `tests.tasks.transformed`."""

import copy
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.evaluator.eval_config import eval_config
from components.evaluator.options import Measuring, MetricGate
from components.trainer.export import export
from data.source import SPLITS, Source
from serving.saved_model import SavedModel
from tasks.base import Task
from tasks.loading import TaskSpec
from tasks.shipped import SHIPPED_TASKS
from tasks.task_check import check_task
from tests.tasks.transformed import TASKS, dense, raw_examples, transform, transformed_features, write_transformed


@pytest.fixture(scope="module", params=TASKS.values(), ids=TASKS)
def spec(request) -> TaskSpec:
    return request.param


@pytest.fixture(scope="module")
def task(spec) -> Task:
    return spec.load()


@pytest.fixture(scope="module")
def raw(task) -> list[tf.train.Example]:
    return raw_examples(task, "test")


@pytest.fixture(scope="module")
def transformed(task, raw, tmp_path_factory) -> tft.TFTransformOutput:
    """Transform's graph, its analyzers run over the raw examples."""
    return transform(task, raw, tmp_path_factory.mktemp("transform"))


@pytest.fixture(scope="module")
def features(task, raw, transformed) -> dict[str, tf.Tensor]:
    """A batch of transformed features."""
    return transformed_features(task, raw, transformed)


@pytest.fixture(scope="module")
def model(task) -> keras.Model:
    keras.utils.set_random_seed(0)
    return task.model()


def test_every_shipped_task_and_one_of_a_user_s_are_held_to_the_contract():
    assert {spec.task for spec in TASKS.values()} > set(SHIPPED_TASKS)


def test_the_spec_survives_json(spec):
    assert TaskSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_source_is_one(task):
    source = task.source()
    assert isinstance(source, Source)
    assert all(source.shards(split) for split in SPLITS)
    assert source.fingerprint() == source.fingerprint()


def test_its_own_examples_keep_its_schema(task, raw):
    assert [task.example_defect(example) for example in raw] == [None] * len(raw)
    features = {feature.name for feature in task.schema().feature}
    assert all(set(example.features.feature) == features for example in raw)
    assert task.label_key in features


def test_examples_without_features_break_its_schema(task):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=10)
    assert tfdv.validate_statistics(statistics, task.schema()).anomaly_info


def test_the_model_takes_its_inputs_and_names_its_outputs(task, model, features):
    inputs = task.model_inputs(features)
    assert set(inputs) == {tensor.name for tensor in model.inputs}
    outputs = model(inputs, training=False)
    assert all(len(output) == len(dense(features[next(iter(features))])) for output in outputs.values())


def test_the_objective_has_a_value_an_example_and_gradients_everywhere(task, model, features):
    batch, trained = task.to_batch(features), task.training_model(model)
    with tf.GradientTape() as tape:
        loss, metrics = task.objective()(trained, batch, training=True)
        total = tf.reduce_mean(loss)
    gradients = tape.gradient(total, trained.trainable_variables)
    assert loss.shape.rank == 1
    assert np.isfinite(loss).all()
    assert all(np.isfinite(value).all() for value in tf.nest.flatten(metrics))
    assert all(gradient is not None for gradient in gradients)


def test_the_example_metric_is_an_example_s_own_and_right_about_the_outputs_themselves(task, model, features):
    inputs, targets = task.to_batch(features)
    outputs = {name: np.asarray(values) for name, values in model(inputs, training=False).items()}
    values = np.asarray(task.example_metric(targets, outputs))
    assert values.shape == (len(next(iter(outputs.values()))),)
    assert np.isfinite(values).all()
    own = np.asarray(task.example_metric(task.as_targets(outputs), outputs))
    better = np.greater_equal if task.metrics()[0].higher_is_better else np.less_equal
    assert better(own, values).all()


def test_batches_come_from_files_and_suit_the_objective(task, model, transformed, tmp_path):
    path = str(tmp_path / "examples.gz")
    count = write_transformed(task, raw_examples(task, "train"), transformed, tmp_path / "examples.gz")
    spec = transformed.transformed_feature_spec()
    assert task.examples_per_epoch([path]) > 0
    model = task.with_train_statistics(model, [path], feature_spec=spec)
    steps = max(1, count // 8)
    after = task.train_batches([path], feature_spec=spec, batch_size=8, seed=1, steps_per_epoch=steps)
    shuffled = iter(after(0))
    trained, objective = task.training_model(model), task.objective()
    step = tf.function(lambda batch: objective(trained, batch, training=True)[0])
    for _ in range(2 * steps + 1):  # without end
        assert step(next(shuffled)).shape.rank == 1
    first, second = (
        [np.concatenate([np.ravel(value) for value in tf.nest.flatten(batch)]) for batch in once]
        for once in (task.batches([path], feature_spec=spec, batch_size=8) for _ in range(2))
    )
    np.testing.assert_equal(first, second)


def test_predictions_hold_what_is_evaluated(task, model, features):
    predictions = task.predictions(model(task.model_inputs(features), training=False))
    assert task.prediction_key in predictions


@pytest.mark.parametrize("none", [np.nan, np.inf, -np.inf])
def test_a_client_s_number_that_is_none_is_refused(task, features, none):
    inputs = task.model_inputs(features)
    checked = tf.function(task.checked_inputs)
    for name, value in checked(inputs).items():
        np.testing.assert_array_equal(value, inputs[name])
    floating = [name for name, value in inputs.items() if value.dtype.is_floating]
    assert floating
    for name in floating:
        spoiled = inputs[name].numpy()
        spoiled.flat[1] = none
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must hold finite numbers"):
            checked({**inputs, name: tf.constant(spoiled)})


def test_the_exported_model_predicts_from_raw_examples_as_the_trained_one_does(
    task, model, raw, features, transformed, tmp_path
):
    export(task, task.exported_model(model), transformed, str(tmp_path))
    of_a_client = copy.deepcopy(raw)
    for example in of_a_client:
        for name in (task.label_key, *task.evaluation_keys):
            example.features.feature.pop(name, None)
    serialized = np.array([example.SerializeToString() for example in of_a_client], object)
    served = SavedModel(tmp_path, signature="serving_default").predict({"examples": serialized})
    expected = task.predictions(model(task.model_inputs(features), training=False))
    assert set(served) == set(expected)
    for name, values in expected.items():
        if values.dtype.is_floating:
            np.testing.assert_allclose(served[name], values, rtol=1e-4, atol=1e-5)
        else:
            np.testing.assert_array_equal(served[name], values)


def test_metrics_have_names_of_their_own_and_make_an_eval_config(task):
    metrics = task.metrics()
    assert len({metric.name for metric in metrics}) == len(metrics)
    gates = {metric.name: MetricGate(min=0.1, max_worsening=0.1) for metric in metrics if not metric.is_plot}
    config = eval_config(task, gates=gates, measuring=Measuring(slices=["label"]), model_specs=[])
    assert len(config.metrics_specs[0].metrics) == len(metrics) + 1


def test_what_is_shipped_is_json(task):
    assert json.loads(json.dumps(task.serving_metadata())) == task.serving_metadata()
    assert all(isinstance(label, str) for label in task.labels())


def test_the_representative_sample_is_of_the_inputs(task, features):
    inputs = {name: value.numpy() for name, value in task.model_inputs(features).items()}
    sample = task.representative_sample(inputs, 16)
    assert {name: values.shape for name, values in sample.items()} == {
        name: (16, *values.shape[1:]) for name, values in inputs.items()
    }


def test_its_metrics_give_numbers_of_two_examples(task):
    check_task(task)
