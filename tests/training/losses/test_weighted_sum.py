import keras
import numpy as np
import pytest
import tensorflow as tf

from training.losses import LossTerm, WeightedSum

TERMS = {
    "near": LossTerm(loss=keras.losses.Huber(reduction=None), output="a"),
    "far": LossTerm(loss=keras.losses.Huber(reduction=None), output="b"),
}
# Errors of 1 in `a` and of 2.5 in `b`: 0.5 and 2.
OUTPUTS = {"a": np.ones((3, 1), np.float32), "b": np.full((3, 1), 2.5, np.float32)}
TARGET = np.zeros((3, 1), np.float32)


def test_fixed_weights_weigh():
    made = WeightedSum(terms=TERMS, weights={"near": 1.0, "far": 0.25})
    np.testing.assert_allclose(made(TARGET, OUTPUTS), [1.0, 1.0, 1.0])


def test_learned_weights_start_at_one_and_move_by_the_papers_gradient():
    made = WeightedSum(terms=TERMS, weights="learned")
    [log_noise] = made.trainable_variables
    with tf.GradientTape() as tape:
        total = tf.reduce_mean(made(TARGET, OUTPUTS))
    assert float(total) == pytest.approx(2.5)
    # d/ds of exp(-s) L + s at s = 0 is 1 - L.
    np.testing.assert_allclose(tape.gradient(total, log_noise.value), [0.5, -1.0])


def test_terms_find_their_targets():
    terms = {name: LossTerm(loss=term.loss, output=term.output, target=name) for name, term in TERMS.items()}
    made = WeightedSum(terms=terms, weights={"near": 1.0, "far": 1.0})
    targets = {"near": np.ones((3, 1), np.float32), "far": np.full((3, 1), 1.5, np.float32)}
    np.testing.assert_allclose(made(targets, OUTPUTS), [0.5, 0.5, 0.5])


@pytest.mark.parametrize("weights", ["learned", {"near": 1.0, "far": 0.25}])
def test_survives_serialization(weights):
    made = WeightedSum(terms=TERMS, weights=weights)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    np.testing.assert_allclose(again(TARGET, OUTPUTS), made(TARGET, OUTPUTS))


def test_weights_of_other_terms_are_refused():
    with pytest.raises(ValueError, match=r"name every term: near, far\. Received: \{'near': 1\}"):
        WeightedSum(terms=TERMS, weights={"near": 1})


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("weights", ["learned", {"near": 1.0, "far": 0.25}])
def test_mixed_precision_leaves_it_in_float32(policy, weights):
    keras.config.set_dtype_policy(policy)
    try:
        made = WeightedSum(terms=TERMS, weights=weights)
    finally:
        keras.config.set_dtype_policy("float32")
    # Beyond the largest float16, 65504: an error of one there is still one.
    values = made(TARGET + 1e5, {"a": OUTPUTS["a"] + 1e5, "b": OUTPUTS["b"] + 1e5})
    np.testing.assert_allclose(values, [2.5, 2.5, 2.5] if weights == "learned" else [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("terms", "weights"), [({}, "learned"), (TERMS, "lerned"), (TERMS, {"near": 1.0, "far": -1.0})]
)
def test_senseless_terms_and_weights_are_refused(terms, weights):
    with pytest.raises(ValueError, match="Received"):
        WeightedSum(terms=terms, weights=weights)
