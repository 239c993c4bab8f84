"""Metrics of Keras 3 as TFMA computes them, against scikit-learn and NumPy."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from sklearn.metrics import balanced_accuracy_score
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.eval_config import eval_config
from components.evaluator.options import Measuring
from tasks.base import EvalMetric
from tests.tasks.own_tabular import Tabular, TabularOptions

RNG = np.random.default_rng(0)
EXAMPLES, CLASSES = 2100, 3
LABELS = RNG.integers(0, CLASSES, EXAMPLES)
SCORES = RNG.dirichlet(np.ones(CLASSES), EXAMPLES).astype(np.float32)
WEIGHTS = RNG.uniform(0.1, 3, EXAMPLES).astype(np.float32)
MODULE = "tests.tasks.metric_classes"
BALANCED = EvalMetric(name="balanced", class_name="BalancedAccuracy", module=MODULE, config={"classes": CLASSES})
LARGEST = EvalMetric(name="largest", class_name="LargestError", module=MODULE)


def _config(*metrics: EvalMetric, **weights: str) -> config_pb2.EvalConfig:
    task = Tabular(TabularOptions())
    task.metrics = lambda: metrics
    spec = config_pb2.ModelSpec(prediction_key="scores", label_key="label", **weights)
    return eval_config(task, gates={}, measuring=Measuring(slices=["half"]), model_specs=[spec])


@pytest.fixture(scope="module")
def weighted(tmp_path_factory) -> dict:
    """{slice: {metric: value}} of weighted examples that hold what a model predicted."""
    place = tmp_path_factory.mktemp("evaluated")
    with tf.io.TFRecordWriter(str(place / "examples")) as writer:
        for index in range(EXAMPLES):
            example = tf.train.Example()
            example.features.feature["label"].int64_list.value.append(LABELS[index])
            example.features.feature["half"].int64_list.value.append(index % 2)
            example.features.feature["weight"].float_list.value.append(WEIGHTS[index])
            example.features.feature["scores"].float_list.value.extend(SCORES[index])
            writer.write(example.SerializeToString())
    keras_own = EvalMetric(name="accuracy", class_name="SparseCategoricalAccuracy", module="keras.metrics")
    tfma_own = EvalMetric(name="label", class_name="MeanLabel", module="tensorflow_model_analysis.metrics")
    result = tfma.run_model_analysis(
        eval_config=_config(BALANCED, keras_own, tfma_own, example_weight_key="weight"),
        data_location=str(place / "examples"),
        output_path=str(place / "out"),
    )
    return {
        slice_key: {name: value["doubleValue"] for name, value in metrics.items()}
        for slice_key, metrics in ((key, value[""][""]) for key, value in result.slicing_metrics)
    }


@pytest.mark.parametrize(("slice_key", "part"), [((), slice(None)), ((("half", 1),), slice(1, None, 2))])
def test_classes_of_a_module_are_computed_of_each_slice_with_its_weights(weighted, slice_key, part):
    labels, predicted, weights = LABELS[part], SCORES[part].argmax(axis=-1), WEIGHTS[part]
    found = weighted[slice_key]
    expected = balanced_accuracy_score(labels, predicted, sample_weight=weights)
    assert found["balanced"] == pytest.approx(expected, rel=1e-5)
    assert found["accuracy"] == pytest.approx(np.average(labels == predicted, weights=weights), rel=1e-5)
    # Of labels as TFMA has them, one for each class.
    assert found["label"] == pytest.approx(1 / CLASSES, rel=1e-5)


@hypothesis.settings(max_examples=20)
@hypothesis.given(bounds=st.lists(st.integers(0, 60), max_size=6))
def test_a_metric_is_of_all_examples_however_they_lie_in_bundles(bounds):
    combiner = _combiner(LARGEST)
    edges = [0, *sorted(bounds), 60]
    accumulators = []
    for first, last in itertools.pairwise(edges):
        accumulator = combiner.create_accumulator()
        for index in range(first, last):
            element = metric_types.StandardMetricInputs(
                labels=LABELS[index : index + 1], predictions={"scores": SCORES[index]}
            )
            accumulator = combiner.add_input(accumulator, element)
        accumulators.append(accumulator)
    [value] = combiner.extract_output(combiner.merge_accumulators(accumulators)).values()
    assert value == pytest.approx(np.abs(LABELS[:60, None] - SCORES[:60]).max(), rel=1e-6)


def _combiner(metric: EvalMetric):
    config = _config(metric)
    [computation, _] = metric_specs.to_computations(config.metrics_specs, config)
    return computation.combiner
