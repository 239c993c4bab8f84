"""What every task has to keep; a new task is one more line in TASKS."""

import itertools
import json

import apache_beam as beam
import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_metadata.proto.v0 import statistics_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx_bsl.public import tfxio

from data.source import SPLITS, Source
from tasks.base import Task
from tasks.evaluation import MetricGate, eval_config
from tasks.loading import TaskSpec
from tasks.shipped import SHIPPED_TASKS

TASKS = {
    "image_classification": TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [4, 8], "blocks_per_stage": 1},
            "augment": {"translate": 0.1, "rotate_degrees": 5, "zoom": 0.1},
        },
    ),
    "image_classification_with_contrast": TaskSpec(
        task="tasks.image_classification.ImageClassification",
        options={
            "source": {"kind": "digits"},
            "height": 8,
            "width": 8,
            "model": {"widths": [4, 8], "blocks_per_stage": 1},
            "augment": {"flip": "horizontal", "mixup_alpha": 0.2, "cutmix_alpha": 0.5, "erase": 0.2},
            "loss": {"kind": "focal", "gamma": 1.0, "label_weights": [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]},
            "contrast": {"weight": "learned", "dim": 8},
        },
    ),
    "forecasting": TaskSpec(
        task="tasks.forecasting.Forecasting",
        options={"source": {"kind": "co2"}, "lookback": 104, "horizon": 26, "season": 52, "model": {"kind": "nlinear"}},
    ),
    "forecasting_of_quantiles_one_by_one": TaskSpec(
        task="tasks.forecasting.Forecasting",
        options={
            "source": {"kind": "co2"},
            "lookback": 104,
            "horizon": 26,
            "season": 52,
            "quantiles": [0.1, 0.5, 0.9],
            "model": {
                "kind": "encoder_decoder",
                "patch": 13,
                "dim": 8,
                "heads": 2,
                "hidden": 8,
                "decoding": "autoregressive",
            },
        },
    ),
}

SPLITS_OF_DIGITS = {"train": 0.4, "eval": 0.3, "test": 0.3}
TASKS |= {
    "few_shot_regression": TaskSpec(
        task="tasks.few_shot_regression.FewShotRegression",
        options={
            "source": {"kind": "sinusoids", "train": 48, "eval": 48, "test": 48},
            "queries": 6,
            "widths": [4],
            "learner": {"kind": "cavia", "context": 2, "eval_steps": 2},
        },
    ),
    "few_shot_classification": TaskSpec(
        task="tasks.few_shot_classification.FewShotClassification",
        options={
            "source": {"kind": "digits"},
            "splits": SPLITS_OF_DIGITS,
            "ways": [2],
            "queries": 2,
            "episodes": {"eval": 48, "test": 48},
            "height": 8,
            "width": 8,
            "is_rotated": True,
            "widths": [4, 4],
            "learner": {"kind": "prototypes"},
        },
    ),
}


@pytest.fixture(scope="module", params=TASKS.values(), ids=TASKS)
def spec(request) -> TaskSpec:
    return request.param


@pytest.fixture(scope="module")
def task(spec) -> Task:
    return spec.load()


def _raw(task: Task, split: str) -> list[tf.train.Example]:
    source = task.source()
    pairs = source.examples(source.shards(split)[0])
    return [example for _, example in itertools.islice(pairs, 48)]


@pytest.fixture(scope="module")
def raw(task) -> list[tf.train.Example]:
    return _raw(task, "test")


@pytest.fixture(scope="module")
def transformed(task, raw, tmp_path_factory) -> tft.TFTransformOutput:
    """Transform's graph, its analyzers run over the raw examples."""
    place = tmp_path_factory.mktemp("transform")
    source = tfxio.TFExampleBeamRecord("examples", schema=task.schema())
    with tft_beam.Context(temp_dir=str(place / "temporary")), beam.Pipeline() as pipeline:
        records = pipeline | beam.Create([example.SerializeToString() for example in raw])
        batches = records | source.BeamSource()
        graph = (batches, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(task.preprocessing_fn)
        graph | tft_beam.WriteTransformFn(str(place))
    return tft.TFTransformOutput(str(place))


@pytest.fixture(scope="module")
def features(task, raw, transformed) -> dict[str, tf.Tensor]:
    """A batch of transformed features."""
    return _features(task, raw, transformed)


def _features(task, raw, transformed) -> dict[str, tf.Tensor]:
    spec = schema_utils.schema_as_feature_spec(task.schema()).feature_spec
    parsed = tf.io.parse_example([example.SerializeToString() for example in raw], spec)
    return transformed.transform_features_layer()(parsed)


@pytest.fixture(scope="module")
def model(task) -> keras.Model:
    keras.utils.set_random_seed(0)
    return task.model()


def test_every_shipped_task_is_held_to_the_contract():
    assert {spec.task for spec in TASKS.values()} == set(SHIPPED_TASKS)


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
    assert all(len(output) == len(_dense(features[next(iter(features))])) for output in outputs.values())


def test_the_objective_has_a_value_an_example_and_gradients_everywhere(task, model, features):
    batch, trained = task.to_batch(features), task.training_model(model)
    with tf.GradientTape() as tape:
        loss, metrics = task.objective()(trained, batch, training=True)
        total = tf.reduce_mean(loss)
    gradients = tape.gradient(total, trained.trainable_variables)
    assert loss.shape.rank == 1
    assert np.isfinite(loss).all()
    assert all(np.isfinite(value).all() for value in metrics.values())
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
    """Transform's files, written by hand: every value of every feature, one example a record."""
    path = str(tmp_path / "examples.gz")
    features = _features(task, _raw(task, "train"), transformed)
    dense = {name: _dense(value).numpy() for name, value in features.items()}
    count = len(dense[next(iter(dense))])
    with tf.io.TFRecordWriter(path, options="GZIP") as writer:
        for index in range(count):
            writer.write(_example({name: value[index] for name, value in dense.items()}))
    spec = transformed.transformed_feature_spec()
    assert task.examples_per_epoch([path]) > 0
    model = task.adapt(model, [path], feature_spec=spec)
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


def _dense(value):
    """Of features of one length, whatever way they are held."""
    return tf.sparse.to_dense(value) if isinstance(value, tf.SparseTensor) else value


def _example(values: dict[str, np.ndarray]) -> bytes:
    example = tf.train.Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        kinds = {"i": feature.int64_list, "u": feature.int64_list, "f": feature.float_list, "O": feature.bytes_list}
        kind = kinds[value.dtype.kind]
        kind.value.extend(np.ravel(value).tolist())
    return example.SerializeToString()


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


def test_metrics_have_names_of_their_own_and_make_an_eval_config(task):
    metrics = task.metrics()
    assert len({metric.name for metric in metrics}) == len(metrics)
    gates = {metric.name: MetricGate(min=0.1, max_worsening=0.1) for metric in metrics if not metric.is_plot}
    config = eval_config(task, gates=gates, slices=["label"], model_specs=[])
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
