import gzip

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from compression.changes.clustering import ZERO, Clustering, cluster_numbers, initial_centroids
from compression.changes.finetuning import finetune
from compression.changes.pruning import Pruning
from compression.layer_patterns import LayerPatternError
from compression.recipe import ClusteringOptions, PruningOptions
from training.objective import SupervisedObjective
from training.options import TrainOptions


def test_k_means_by_hand():
    kernel = np.array([[-1.0, 0.1], [0.2, 1.0], [-0.9, 0.0]])
    # From -1, 0, 1: two weights are nearest the first, two the second, one the third; their means keep them.
    assert cluster_numbers(kernel, ClusteringOptions(clusters=4)).tolist() == [[0, 1], [1, 2], [0, ZERO]]
    # Zero is a weight like any other: it joins 0.1 and 0.2.
    without = cluster_numbers(kernel, ClusteringOptions(clusters=3, keep_zeros=False))
    assert without.tolist() == [[0, 1], [1, 2], [0, 1]]


def test_k_means_begins_evenly_or_where_the_weights_are():
    weights = np.array([0.0, 1.0, 2.0, 3.0, 100.0])
    assert initial_centroids(weights, 3, "linear").tolist() == [0.0, 50.0, 100.0]
    # The middles of three thirds of the weights: at 1/6, 3/6 and 5/6 of the way through the five.
    assert initial_centroids(weights, 3, "density") == pytest.approx([4 / 6, 2.0, 3 + 97 / 3])


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(2, 9), st.sampled_from(["linear", "density"]), st.floats(0, 1))
def test_each_weight_is_in_the_cluster_whose_mean_is_nearest(seed, clusters, init, zeros):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(6, 7)) * (rng.uniform(size=(6, 7)) >= zeros)
    numbers = cluster_numbers(kernel, ClusteringOptions(clusters=clusters, init=init))
    assert np.array_equal(numbers == ZERO, kernel == 0)
    found = np.unique(numbers[numbers != ZERO])
    assert len(found) + (kernel == 0).any() <= clusters
    if len(found):
        means = np.array([kernel[numbers == number].mean() for number in found])
        distances = np.abs(kernel[numbers != ZERO][:, np.newaxis] - means)
        own = np.searchsorted(found, numbers[numbers != ZERO])
        np.testing.assert_allclose(distances[np.arange(len(own)), own], distances.min(axis=1), atol=1e-9)


def test_clusters_compress():
    kernel = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    numbers = cluster_numbers(kernel, ClusteringOptions(clusters=16))
    shared = np.array([kernel[numbers == number].mean() for number in range(16)], np.float32)[numbers]
    # 16 values are four bits of 32; gzip does not quite come to that.
    assert len(gzip.compress(shared.tobytes())) <= len(gzip.compress(kernel.tobytes())) / 4


def _model() -> keras.Model:
    keras.utils.set_random_seed(0)
    x = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(16, activation="relu", name="hidden")(x)
    return keras.Model({"x": x}, {"y": keras.layers.Dense(1, name="head")(hidden)})


def _data() -> tf.data.Dataset:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    targets = (2 * x[:, :1] - x[:, 1:2]).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(({"x": x}, targets)).batch(16)


def _finetune(
    model: keras.Model,
    hooks: list,
    *,
    optimizer: dict,
    epochs: int = 6,
    data: tf.data.Dataset | None = None,
    steps_per_epoch: int = 4,
) -> list[dict[str, float]]:
    objective = SupervisedObjective(
        loss=lambda targets, outputs: keras.ops.mean((outputs["y"] - targets) ** 2, axis=-1), metrics={}
    )
    options = TrainOptions(
        epochs=epochs,
        batch_size=16,
        learning_rate=0.01,
        schedule={"warmup_epochs": 0},
        optimizer=optimizer,
        step={"steps_per_execution": 2},
    )
    data = data or _data()
    return finetune(
        model,
        objective,
        options,
        train=data.repeat(),
        evaluation=data,
        steps_per_epoch=steps_per_epoch,
        hooks=hooks,
    )


@pytest.mark.parametrize("kind", ["adam", "adafactor"])
def test_shared_values_stay_shared_while_they_learn(kind):
    model = _model()
    clustering = Clustering(model, ClusteringOptions(clusters=4, exclude=["head"]), begin_step=0)
    before = np.unique(model.get_layer("hidden").kernel.numpy())
    losses = _finetune(model, [clustering], optimizer={"kind": kind})
    clustering.finish()
    after = np.unique(model.get_layer("hidden").kernel.numpy())
    assert losses[-1]["loss"] < losses[0]["loss"]
    assert len(before) == len(after) == 4
    assert not np.isin(after, before).any()
    assert len(np.unique(model.get_layer("head").kernel.numpy())) == 16
    assert model.get_layer("hidden").kernel.constraint is None


def test_a_shared_value_follows_the_sum_of_its_gradients():
    """One step of SGD on (w1 x1 + w2 x2 - 1)^2 with w1 = w2 = 1, at x = (1, 2)."""
    x = keras.Input((2,), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.Dense(1, use_bias=False, name="head")(x)})
    kernel = model.get_layer("head").kernel
    kernel.assign([[1.0], [1.0]])
    clustering = Clustering(model, ClusteringOptions(clusters=2), begin_step=0)
    batch = tf.data.Dataset.from_tensors(({"x": tf.constant([[1.0, 2.0]])}, tf.constant([[1.0]])))
    optimizer = {"kind": "sgd", "momentum": 0.0, "weight_decay": 0}
    _finetune(model, [clustering], optimizer=optimizer, epochs=1, data=batch, steps_per_epoch=1)
    clustering.finish()
    # The slopes are 2 (3 - 1) (1, 2) = (4, 8), and 12 along both together; the learning rate is 0.01.
    np.testing.assert_allclose(kernel.numpy(), [[1 - 0.12], [1 - 0.12]], atol=1e-6)


def test_pruned_weights_stay_zero_in_their_clusters():
    model = _model()
    options = PruningOptions(sparsity=0.5, exclude=["head"], end=0.5)
    pruning = Pruning(model, options, total_steps=24)
    clustering = Clustering(model, ClusteringOptions(clusters=5, exclude=["head"]), begin_step=12)
    _finetune(model, [pruning, clustering], optimizer={"kind": "adam"})
    pruning.finish()
    clustering.finish()
    kernel = model.get_layer("hidden").kernel.numpy()
    assert np.mean(kernel == 0) == 0.5
    assert len(np.unique(kernel)) == 5


def test_a_pattern_that_fits_no_layer_is_told():
    with pytest.raises(LayerPatternError, match=r"A pattern of cluster\.exclude must fit .* Received: 'tail'"):
        Clustering(_model(), ClusteringOptions(exclude=["tail"]), begin_step=0)
    with pytest.raises(LayerPatternError, match=r"must be left to cluster"):
        Clustering(_model(), ClusteringOptions(exclude=["*"]), begin_step=0)
