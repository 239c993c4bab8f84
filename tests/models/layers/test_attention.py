import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models.layers.attention import Attention, attend, attend_in_chunks, attention_weights

RNG = np.random.default_rng(0)


def _heads(tokens: int, dim: int = 4) -> tf.Tensor:
    return tf.constant(RNG.normal(size=(2, 3, tokens, dim)), tf.float32)


def test_weights_are_the_softmax_of_scaled_products():
    query, key = np.array([[[[2.0, 0.0, 0.0, 0.0]]]]), np.array([[[[1.0, 0, 0, 0], [0, 1.0, 0, 0]]]])
    expected = np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum()
    np.testing.assert_allclose(attention_weights(query, key)[0, 0, 0], expected, rtol=1e-6)


@settings(max_examples=12)
@given(queries=st.integers(1, 12), keys=st.integers(1, 30), chunk=st.integers(1, 32))
def test_chunks_give_what_all_keys_at_once_give(queries, keys, chunk):
    query, key, value = _heads(queries), _heads(keys), _heads(keys)
    np.testing.assert_allclose(
        attend_in_chunks(query, key, value, chunk=chunk), attend(query, key, value), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("is_causal", [False, True])
def test_chunks_have_the_same_gradients(is_causal):
    inputs = [_heads(20) for _ in range(3)]

    def gradients(function):
        @tf.function
        def compute():
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                total = tf.reduce_sum(tf.square(function(*inputs)))
            return tape.gradient(total, inputs)

        return compute()

    plain = gradients(lambda q, k, v: attend(q, k, v, is_causal=is_causal))
    chunked = gradients(lambda q, k, v: attend_in_chunks(q, k, v, chunk=8, is_causal=is_causal))
    for expected, received in zip(plain, chunked, strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)


def test_chunks_never_hold_all_scores():
    tokens = 64
    traced = tf.function(lambda q, k, v: attend_in_chunks(q, k, v, chunk=8)).get_concrete_function(
        *[tf.TensorSpec([1, 1, tokens, 4])] * 3
    )
    graphs = [traced.graph, *(f.graph for f in traced.graph._functions.values() if hasattr(f, "graph"))]
    shapes = [output.shape for graph in graphs for op in graph.get_operations() for output in op.outputs]
    assert not any(shape.rank is not None and list(shape)[-2:] == [tokens, tokens] for shape in shapes)


def test_attention_is_that_of_keras_with_the_same_weights():
    x, context = RNG.normal(size=(2, 5, 8)).astype("float32"), RNG.normal(size=(2, 7, 8)).astype("float32")
    ours, theirs = Attention(heads=2), keras.layers.MultiHeadAttention(2, 4)
    ours(x, context)
    theirs(x, context)
    kernels = [weight.numpy() for weight in ours.weights]
    shapes = [weight.shape for weight in theirs.weights]
    theirs.set_weights([kernel.reshape(shape) for kernel, shape in zip(kernels, shapes, strict=True)])
    np.testing.assert_allclose(ours(x, context), theirs(x, context), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("chunk", [None, 2])
def test_a_causal_token_sees_none_after_it(chunk):
    layer = Attention(heads=2, is_causal=True, is_rotary=True, chunk=chunk)
    x = RNG.normal(size=(1, 6, 8)).astype("float32")
    changed = x.copy()
    changed[:, 4:] += 1
    before, after = (np.asarray(layer(values)) for values in (x, changed))
    np.testing.assert_allclose(after[:, :4], before[:, :4], rtol=1e-5, atol=1e-6)
    assert np.abs(after[:, 4:] - before[:, 4:]).min() > 0


@pytest.mark.parametrize("chunk", [None, 4])
@pytest.mark.parametrize("has_context", [False, True])
def test_recomputed_attention_has_the_gradients_of_finite_differences(chunk, has_context):
    """With queries that do not stand at 0, where keys of self-attention and of a memory are rotated differently."""
    layer = Attention(heads=2, is_rotary=True, query_start=3, is_recomputed=True, chunk=chunk, dtype="float64")
    inputs = [tf.constant(RNG.normal(size=(2, tokens, 8))) for tokens in ((5, 7) if has_context else (5,))]
    layer.build(*(x.shape for x in inputs))
    variables = [weight.value for weight in layer.trainable_weights]

    @tf.function
    def total():
        return tf.reduce_sum(tf.square(layer(*inputs)))

    @tf.function
    def gradients():
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            summed = tf.reduce_sum(tf.square(layer(*inputs)))
        return tape.gradient(summed, variables)

    for variable, gradient in zip(variables, gradients(), strict=True):
        value, direction = variable.numpy(), RNG.normal(size=variable.shape)
        along = []
        for step in (1e-5, -1e-5):
            variable.assign(value + step * direction)
            along.append(float(total()))
        variable.assign(value)
        assert np.sum(gradient * direction) == pytest.approx((along[0] - along[1]) / 2e-5, rel=1e-5, abs=1e-6)


def test_weights_of_a_query_sum_to_one_and_lead_to_the_output():
    layer = Attention(heads=2, is_rotary=True)
    x, context = RNG.normal(size=(1, 3, 8)).astype("float32"), RNG.normal(size=(1, 5, 8)).astype("float32")
    layer(x, context)
    weights = np.asarray(layer.weights_of(x, context))
    assert weights.shape == (1, 2, 3, 5)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match=r"multiple of heads. Received: 8, heads=3"):
        Attention(heads=3).build((None, 5, 8))
