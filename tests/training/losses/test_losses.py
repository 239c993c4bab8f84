"""Values by hand, and what must hold of any value."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.losses import CrossEntropy, Distillation, Focal, OutputDifference, SupCon, loss
from training.losses.episode_cross_entropy import EpisodeCrossEntropy
from training.losses.registry import LOSSES

LOGITS = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)
# Softmax of the first row by hand: e^2 / (e^2 + 2).
SURE = math.exp(2) / (math.exp(2) + 2)


def test_cross_entropy_is_minus_the_logarithm_of_the_labels_probability():
    values = CrossEntropy()(np.array([0, 0]), LOGITS)
    assert np.asarray(values) == pytest.approx([-math.log(SURE), math.log(math.e + 2)], rel=1e-5)


def test_label_smoothing_spreads_a_share_over_all_classes():
    [value] = np.asarray(CrossEntropy(label_smoothing=0.3)(np.array([0]), LOGITS[:1]))
    other = (1 - SURE) / 2
    assert value == pytest.approx(-0.8 * math.log(SURE) - 0.2 * math.log(other), rel=1e-5)


def test_a_label_counts_by_its_weight_and_a_soft_one_by_its_expectation():
    plain = np.asarray(CrossEntropy()(np.array([0, 1]), LOGITS))
    weighted = np.asarray(CrossEntropy(label_weights=[2.0, 3.0, 5.0])(np.array([0, 1]), LOGITS))
    assert weighted == pytest.approx(plain * [2, 3])
    soft = np.array([[0.5, 0.5, 0.0]], np.float32)
    plain, weighted = (
        np.asarray(made(soft, LOGITS[:1])) for made in (CrossEntropy(), CrossEntropy(label_weights=[2, 3, 5]))
    )
    assert weighted == pytest.approx(plain * 2.5)


def test_soft_targets_that_are_one_hot_are_labels():
    labels = np.array([2, 1])
    for made in (CrossEntropy(label_smoothing=0.1), Focal()):
        np.testing.assert_allclose(made(np.eye(3, dtype=np.float32)[labels], LOGITS), made(labels, LOGITS), rtol=1e-6)


def test_focal_is_cross_entropy_times_a_power_of_the_doubt():
    [value] = np.asarray(Focal(gamma=2.0)(np.array([0]), LOGITS[:1]))
    assert value == pytest.approx(-((1 - SURE) ** 2) * math.log(SURE), rel=1e-5)
    np.testing.assert_allclose(Focal(gamma=0.0)(np.array([0, 2]), LOGITS), CrossEntropy()(np.array([0, 2]), LOGITS))


def test_weights_of_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"each of the 3 classes\. Received: 2"):
        CrossEntropy(label_weights=[1.0, 2.0])(np.array([0]), LOGITS[:1])


def test_distillation_is_the_divergence_from_the_teacher():
    teacher, student = np.array([[4.0, 0.0]], np.float32), np.array([[0.0, 0.0]], np.float32)
    share = 1 / (1 + math.exp(-2))
    expected = 4 * (share * math.log(share / 0.5) + (1 - share) * math.log((1 - share) / 0.5))
    assert np.asarray(Distillation(temperature=2.0)(teacher, student)) == pytest.approx([expected], rel=1e-5)
    assert np.asarray(Distillation()(teacher, teacher)) == pytest.approx([0], abs=1e-6)


def test_the_output_difference_is_over_all_outputs():
    theirs = {"a": tf.constant([[1.0, 2.0]]), "b": tf.constant([[[5.0], [5.0]]])}
    ours = {"a": tf.constant([[0.0, 4.0]]), "b": tf.constant([[[2.0], [5.0]]])}
    np.testing.assert_allclose(OutputDifference()(theirs, ours), [(1 + 4 + 9 + 0) / 4])


def test_the_cross_entropy_of_episodes_is_that_of_their_labels_and_0_for_padding():
    labels = np.array([[[0, -1], [1, 2]]], np.int32)
    logits = np.stack([LOGITS, LOGITS[::-1]])[None]
    values = np.asarray(EpisodeCrossEntropy()(labels, logits))
    kept, second, third = np.asarray(CrossEntropy()(np.array([0, 1, 2]), LOGITS[[0, 1, 0]]))
    np.testing.assert_allclose(values, [[[kept, 0], [second, third]]], rtol=1e-6)


def _sup_con_in_numpy(labels: np.ndarray, embeddings: np.ndarray, temperature: float) -> list[float]:
    """Khosla et al. 2020, equation 2, example by example."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    values = []
    for i in range(len(labels)):
        others = [a for a in range(len(labels)) if a != i]
        denominator = sum(math.exp(unit[i] @ unit[a] / temperature) for a in others)
        positives = [p for p in others if labels[p] == labels[i]]
        terms = [math.log(math.exp(unit[i] @ unit[p] / temperature) / denominator) for p in positives]
        values.append(-sum(terms) / len(positives) if positives else 0.0)
    return values


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 9), temperature=st.sampled_from([0.1, 0.5, 2.0]))
def test_sup_con_agrees_with_the_papers_in_numpy(seed, size, temperature):
    random = np.random.default_rng(seed)
    labels, embeddings = random.integers(0, 3, size), random.normal(size=(size, 4)).astype(np.float32)
    expected = _sup_con_in_numpy(labels, embeddings.astype(np.float64), temperature)
    np.testing.assert_allclose(SupCon(temperature=temperature)(labels, embeddings), expected, rtol=2e-4, atol=1e-5)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 9))
def test_sup_con_does_not_depend_on_the_order_of_the_batch(seed, size):
    random = np.random.default_rng(seed)
    labels, embeddings = random.integers(0, 3, size), random.normal(size=(size, 4)).astype(np.float32)
    order = random.permutation(size)
    plain, permuted = np.asarray(SupCon()(labels, embeddings)), np.asarray(SupCon()(labels[order], embeddings[order]))
    np.testing.assert_allclose(permuted, plain[order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("made", "target", "prediction"),
    [
        (CrossEntropy(), (2, 1), (2, 3)),
        (Focal(), (2, 4), (2, 3)),
    ],
)
def test_shapes_that_would_broadcast_are_refused(made, target, prediction):
    with pytest.raises(ValueError, match=r"must have the shape .* Received"):
        made(np.zeros(target, np.float32), np.zeros(prediction, np.float32))


def test_sup_con_of_labels_that_occur_once_is_zero():
    embeddings = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_allclose(SupCon()(np.array([0, 1, 2]), embeddings), np.zeros(3))


TARGETS = {
    "cross_entropy": np.array([0, 1]),
    "focal": np.array([0, 1]),
    "episode_cross_entropy": np.array([0, 1]),
    **{name: np.array([[0.0, 1.0, 2.0]] * 2, np.float32) for name in ("mse", "mae", "huber", "pinball")},
    "sup_con": np.array([0, 0]),
    "distillation": np.array([[1e4, -1e4, 0.0], [0.0, 1.0, 2.0]], np.float32),
    "output_difference": {"y": np.array([[0.0, 1.0, 2.0]] * 2, np.float32)},
}


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("scale", [1.0, 1e4, 0.0])
@pytest.mark.parametrize("name", LOSSES)
def test_values_and_gradients_are_finite_at_any_scale(name, scale, dtype):
    base = np.array([[1.0, -1.0, 0.5], [-0.5, 0.25, 1.0]], np.float32)
    prediction = tf.constant(base * scale, dtype)
    with tf.GradientTape() as tape:
        tape.watch(prediction)
        values = loss(name)(TARGETS[name], {"y": prediction} if name == "output_difference" else prediction)
    assert values.shape == (2,)
    assert np.isfinite(values).all()
    assert np.isfinite(tf.cast(tape.gradient(values, prediction), tf.float32)).all()


@pytest.mark.parametrize("name", LOSSES)
def test_survives_serialization(name):
    made = loss(name)
    again = keras.losses.deserialize(keras.losses.serialize(made))
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"one of cross_entropy, focal, .* Received: 'hinge'"):
        loss("hinge")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cross_entropy", {"label_smoothing": 1.0}),
        ("cross_entropy", {"label_weights": [-1.0]}),
        ("focal", {"gamma": -1.0}),
        ("sup_con", {"temperature": 0.0}),
        ("distillation", {"temperature": 0.0}),
    ],
)
def test_senseless_options_are_refused(name, options):
    with pytest.raises(ValueError, match="Received"):
        loss(name, **options)
