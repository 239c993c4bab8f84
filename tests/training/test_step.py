import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import small
from training.gradients import centralize, clip
from training.options import StepOptions


def _weights(*, learning_rate: float = 0.01, kind: str = "sgd", **step) -> list[np.ndarray]:
    model = small.model()
    small.train(small.loop(model, learning_rate=learning_rate, kind=kind, step=StepOptions(**step)))
    return model.get_weights()


def _assert_same(mine: list[np.ndarray], theirs: list[np.ndarray], **tolerance: float) -> None:
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_a_batch_in_parts_gives_the_gradient_of_the_whole(kind):
    _assert_same(_weights(accumulate=4, kind=kind), _weights(kind=kind), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["sgd", "adam"])
@pytest.mark.parametrize("step", [{}, {"accumulate": 4}, {"clip_norm": 0.1}, {"centralize": True}])
def test_an_embedding_learns_as_a_kernel_of_its_indices_as_vectors_does(kind, step):
    x = keras.Input((4,), name="x")
    place = keras.ops.argmax(x, axis=-1)
    inputs = {"embedding": place, "kernel": keras.ops.one_hot(place, 4)}
    layers = {
        "embedding": keras.layers.Embedding(4, 3, embeddings_initializer="ones"),
        "kernel": keras.layers.Dense(3, use_bias=False, kernel_initializer="ones"),
    }
    learned = []
    for name, layer in layers.items():
        hidden = layer(inputs[name])
        model = keras.Model({"x": x}, {"y": keras.layers.Dense(1, kernel_initializer="ones")(hidden)})
        small.train(small.loop(model, learning_rate=0.1, kind=kind, step=StepOptions(**step)))
        learned.append(model.get_weights())
    _assert_same(*learned, rtol=1e-5, atol=1e-6)
    assert np.abs(learned[0][0] - 1).max() > 0.01


def test_xla_computes_the_same():
    _assert_same(_weights(jit_compile=True), _weights(), rtol=1e-4, atol=1e-6)


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"divide into as many parts\. Received: batches of 8"):
        _weights(accumulate=3)


def test_clipping_scales_to_the_global_norm_and_leaves_smaller_ones():
    gradients = [tf.constant([3.0, 0.0]), None, tf.constant([[4.0]])]
    first, nothing, second = clip(gradients, 1.0)
    np.testing.assert_allclose(first, [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(second, [[0.8]], rtol=1e-6)
    assert nothing is None
    np.testing.assert_allclose(clip(gradients, 10.0)[0], [3.0, 0.0])


def test_a_tiny_norm_stops_training_from_moving():
    moved = _weights(clip_norm=1e-9)
    _assert_same(moved, small.model().get_weights(), atol=1e-7)


def test_centralized_gradients_have_no_mean_over_a_units_inputs():
    kernel, bias = tf.constant([[1.0, 2.0], [3.0, 6.0]]), tf.constant([1.0, 2.0])
    made, same, nothing = centralize([kernel, bias, None])
    np.testing.assert_allclose(made, [[-1.0, -2.0], [1.0, 2.0]])
    np.testing.assert_allclose(same, bias)
    assert nothing is None


def test_the_average_of_weights_is_evaluated_and_kept():
    plain, averaged = small.model(), small.model()
    small.train(small.loop(plain))
    records = small.train(small.loop(averaged, step=StepOptions(ema=0.5)))
    # By hand: after each of ten steps, average += (1 - min(0.5, (1 + t) / (10 + t))) * (weight - average).
    steps = small.model()
    average = [weight.copy() for weight in steps.get_weights()]
    one_step = small.loop(steps, step=StepOptions(steps_per_execution=1))
    after = []

    class Collect(small.Hook):
        def on_steps(self, record):
            after.append(steps.get_weights())

    one_step.hooks = (Collect(),)
    small.train(one_step)
    for step, weights in enumerate(after, start=1):
        share = 1 - min(0.5, (1 + step) / (10 + step))
        average = [a + share * (w - a) for a, w in zip(average, weights, strict=True)]
    _assert_same(averaged.get_weights(), average, rtol=1e-4, atol=1e-6)
    evaluated = small.loop(averaged).evaluate(small.batches(seed=1))
    assert records[-1].evaluation["loss"] == pytest.approx(evaluated["loss"])
    assert not np.allclose(averaged.get_weights()[0], plain.get_weights()[0])


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_learns_and_keeps_float32_weights(precision):
    keras.config.set_dtype_policy(precision)
    try:
        model = small.model()
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = keras.optimizers.SGD(0.01)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    loop = small.loop(model, optimizer=optimizer, step=StepOptions(clip_norm=10.0, accumulate=2))
    records = small.train(loop, epochs=4)
    assert records[-1].evaluation["loss"] < records[0].evaluation["loss"] / 2
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


def test_an_optimizer_with_a_schedule_of_its_own_is_refused():
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10))
    with pytest.raises(ValueError, match=r"Received: an optimizer with a schedule"):
        small.loop(small.model(), optimizer=optimizer)


def test_the_schedule_sets_the_rate_of_each_step():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.01, 10, 0.0)
    seen = []

    class Rates(small.Hook):
        def on_steps(self, record):
            seen.append(record.learning_rate)

    loop = small.loop(small.model(), schedule=schedule, hooks=[Rates()], step=StepOptions(steps_per_execution=1))
    small.train(loop, epochs=1)
    assert seen == pytest.approx([0.01, 0.009, 0.008, 0.007, 0.006])
    assert int(loop.optimizer.iterations) == 5


def test_gradients_are_told_when_asked_for_and_only_then():
    model = small.model()
    told = []

    class Ask(small.Hook):
        def on_steps(self, record):
            told.append((record.step, record.gradients))
            if record.step == 2:
                self.loop.request_gradients()

        def on_train_begin(self, loop):
            self.loop = loop

    small.train(small.loop(model, hooks=[Ask()], step=StepOptions(steps_per_execution=2)), epochs=1)
    assert [(step, bool(gradients)) for step, gradients in told] == [(2, False), (3, True), (5, False)]
    assert {path: value.shape for path, value in told[1][1].items()} == {
        variable.path: tuple(variable.shape) for variable in model.trainable_variables
    }


def test_told_gradients_are_those_of_the_loss_whatever_half_precision_scales_it_by():
    """Against float32 gradients of the mean squared error by hand, on the batch of the step after the request."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = small.model()
    finally:
        keras.config.set_dtype_policy("float32")
    told = []

    class Ask(small.Hook):
        def on_train_begin(self, loop):
            loop.request_gradients()

        def on_steps(self, record):
            told.append(record.gradients)

    kernel, bias, out_kernel, out_bias = model.get_weights()
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), initial_scale=2.0**10)
    small.train(small.loop(model, optimizer=optimizer, hooks=[Ask()], step=StepOptions(clip_norm=0.1)), epochs=1)
    x, y = next(iter(small.batches().as_numpy_iterator()))
    before = x["x"] @ kernel + bias
    hidden = np.maximum(before, 0)
    error = 2 * (hidden @ out_kernel + out_bias - y[:, None]) / len(y)
    to_hidden = error @ out_kernel.T * (before > 0)
    expected = [x["x"].T @ to_hidden, to_hidden.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
    _assert_same(list(told[0].values()), expected, rtol=0.02, atol=0.02)
