"""What holds for every forecaster, and what defines each."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import TypeAdapter, ValidationError

from models.forecasters.forecaster import ForecastShape
from models.forecasters.linear import dlinear, nlinear, periodic
from models.forecasters.options import Forecaster
from models.forecasters.scheduled_sampling import ScheduledSampling
from tests.models.forecasters import small


def test_every_kind_is_tried():
    union, *_ = get_args(Forecaster)
    kinds = {kind for options in get_args(union) for kind in get_args(options.model_fields["kind"].annotation)}
    assert {small.options(kind).kind for kind in small.KINDS} == kinds


@pytest.fixture(scope="module", params=small.KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(kind) -> keras.Model:
    keras.utils.set_random_seed(0)
    return small.options(kind).build(small.WITH_CALENDAR if small.options(kind).has_calendar else small.SHAPE)


def test_it_forecasts_ordered_quantiles_of_each_channel(model):
    y = np.asarray(model(small.inputs(model))["quantiles"])
    assert y.shape == (3, 12, 2, 3)
    assert (np.diff(y, axis=-1) >= 0).all()


def test_it_survives_saving(model, tmp_path):
    x = small.inputs(model)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(x)["quantiles"], model(x)["quantiles"], rtol=1e-6)


def test_instance_normalization_makes_it_follow_scale_and_level(kind):
    options = small.options(kind)
    options = options.model_copy(update={"normalization": "instance"})
    model = options.build(small.SHAPE)
    x = small.inputs(model)
    moved = {**x, "history": 3 * x["history"] + 50}
    np.testing.assert_allclose(
        model(moved)["quantiles"], 3 * np.asarray(model(x)["quantiles"]) + 50, rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("kind", ["dlinear", "nlinear", "periodic", "patches", "one_shot"])
def test_independent_channels_do_not_see_each_other(kind):
    model = small.options(kind).build(small.SHAPE)
    x = small.inputs(model)
    changed = {**x, "history": x["history"].copy()}
    changed["history"][..., 1] += small.RNG.normal(size=(3, 48))
    before, after = (np.asarray(model(inputs)["quantiles"]) for inputs in (x, changed))
    np.testing.assert_allclose(after[:, :, 0], before[:, :, 0], rtol=1e-5, atol=1e-5)
    assert np.abs(after[:, :, 1] - before[:, :, 1]).max() > 1e-3


POINT = ForecastShape(lookback=336, horizon=96, channels=7)


def test_linear_models_have_the_papers_parameters():
    """Zeng et al., section 4: one matrix and offset for NLinear, two for DLinear; besides 2 × 7 that are set."""
    assert nlinear(POINT).count_params() == 336 * 96 + 96 + 14
    assert dlinear(POINT).count_params() == 2 * (336 * 96 + 96) + 14


def test_nlinear_is_a_matrix_on_the_series_less_its_last_row():
    model = nlinear(POINT)
    x = small.RNG.normal(size=(2, 336, 7)).astype("float32")
    kernel, offset = model.get_layer("linear").get_weights()
    last = x[:, -1:]
    expected = np.einsum("blc,lh->bhc", x - last, kernel) + offset[:, None] + last
    np.testing.assert_allclose(model({"history": x})["quantiles"][..., 0], expected, rtol=1e-3, atol=1e-4)


def test_dlinear_takes_a_moving_average_with_repeated_ends():
    model = dlinear(POINT, kernel=3)
    x = small.RNG.normal(size=(2, 336, 7)).astype("float32")
    padded = np.concatenate([x[:, :1], x, x[:, -1:]], axis=1)
    trend = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
    expected = 0
    for part, name in ((x - trend, "seasonal"), (trend, "trend")):
        kernel, offset = model.get_layer(name).get_weights()
        expected = expected + np.einsum("blc,lh->bhc", part, kernel) + offset[:, None]
    np.testing.assert_allclose(model({"history": x})["quantiles"][..., 0], expected, rtol=1e-3, atol=1e-4)


def test_places_of_a_period_are_forecast_from_their_own_past_by_one_matrix():
    shape = ForecastShape(lookback=12, horizon=6, channels=1)
    model = periodic(shape, period=3, normalization="none")
    model.get_layer("smoothing").set_weights([np.zeros((3, 1, 1))])
    x = small.RNG.normal(size=(2, 12, 1)).astype("float32")
    [matrix] = model.get_layer("linear").get_weights()
    expected = np.einsum("bnp,nm->bmp", x.reshape(2, 4, 3), matrix).reshape(2, 6)
    np.testing.assert_allclose(model({"history": x})["quantiles"][..., 0, 0], expected, rtol=1e-4, atol=1e-5)


def test_an_even_moving_average_is_refused():
    with pytest.raises(ValueError, match=r"odd number of rows. Received: kernel=4"):
        dlinear(POINT, kernel=4)


def test_a_look_back_of_one_patch_leaves_a_decoder_nothing_to_begin_with():
    with pytest.raises(ValueError, match=r"the look-back hold two\. Received: horizon=12, lookback=7, patch=4"):
        small.options("one_shot").build(ForecastShape(lookback=7, horizon=12, channels=2))


def test_a_decoder_taught_by_its_own_forecasts_repeats_them():
    """Decoding one by one and decoding at once what was decoded are the same computation."""
    options = small.options("autoregressive")
    model = options.build(small.WITH_CALENDAR)
    x = small.inputs(model)
    y = np.asarray(model(x)["quantiles"])
    taught = options.model_copy(update={"sampling": 0.0}).training_model(model, small.WITH_CALENDAR)
    received = taught({**x, "future": y[..., 1]}, training=True)["quantiles"]
    np.testing.assert_allclose(received, y, rtol=1e-4, atol=1e-4)


def test_a_taught_decoder_shares_its_weights_and_is_evaluated_without_the_future():
    options = small.options("autoregressive")
    model = options.build(small.WITH_CALENDAR)
    taught = options.training_model(model, small.WITH_CALENDAR)
    assert {id(v) for v in taught.trainable_variables} == {id(v) for v in model.trainable_variables}
    x = small.inputs(taught)
    expected = model({name: x[name] for name in model.input})["quantiles"]
    np.testing.assert_allclose(taught(x, training=False)["quantiles"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("patch", [4, 12, 24])
def test_a_one_shot_decoders_self_attention_tells_its_tokens_apart_without_a_calendar(patch):
    """Rotary attention over equal tokens gives each the same, whatever queries and keys: their gradients are zero."""
    keras.utils.set_random_seed(0)
    shape = ForecastShape(lookback=48, horizon=24, channels=2)
    options = {"kind": "encoder_decoder", "patch": patch, "positions": "rotary", **small.SMALL}
    model = TypeAdapter(Forecaster).validate_python(options).build(shape)
    kernels = [w for w in model.get_layer("decoder_0_self_attention").weights if w.path.endswith("kernel")][:2]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(small.inputs(model))["quantiles"]))
    gradients = tape.gradient(loss, [kernel.value for kernel in kernels])
    assert min(np.abs(gradient).max() for gradient in gradients) > 1e-5


def test_a_decoder_is_given_the_later_half_of_the_look_back():
    """What an untrained decoder of one block makes of patches of the past alone, the encoder's memory kept away."""
    keras.utils.set_random_seed(0)
    model = small.options("one_shot").model_copy(update={"normalization": "none"}).build(small.SHAPE)
    cross = model.get_layer("decoder_0_cross_attention")
    cross.set_weights([np.zeros_like(weight) for weight in cross.get_weights()])
    x = small.inputs(model)
    before = np.asarray(model(x)["quantiles"])
    sees = []
    for patch in range(12):
        changed = {"history": x["history"].copy()}
        changed["history"][:, 4 * patch : 4 * patch + 4] += small.RNG.normal(size=(3, 4, 2))
        sees.append(np.abs(np.asarray(model(changed)["quantiles"]) - before).max() > 1e-6)
    assert sees == [False] * 5 + [True] * 7


def test_the_share_of_own_tokens_rises_to_its_most():
    layer = ScheduledSampling(most=0.5, ramp_steps=4)
    truth, own = np.zeros((200, 10, 1), np.float32), np.ones((200, 10, 1), np.float32)
    shares = [float(np.mean(layer(truth, own, training=True))) for _ in range(6)]
    np.testing.assert_allclose(shares, [0, 0.125, 0.25, 0.375, 0.5, 0.5], atol=0.05)
    assert float(np.max(layer(truth, own, training=False))) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "encoder_decoder", "dim": 9, "heads": 2}, "even multiple of heads"),
        ({"kind": "patch_transformer", "dim": 6, "heads": 6}, "even multiple of heads"),
        ({"kind": "prophet"}, "kind"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Forecaster).validate_python(options)


@pytest.mark.parametrize("kind", ["one_shot", "gru"])
def test_a_horizon_of_no_whole_patches_is_refused(kind):
    with pytest.raises(ValueError, match=r"must be (a multiple|multiples) of patch"):
        small.options(kind).build(ForecastShape(lookback=48, horizon=13, channels=2))


def test_it_computes_in_half_precision_and_answers_in_float32(kind):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        options = small.options(kind).model_copy(update={"normalization": "instance"})
        model = options.build(small.WITH_CALENDAR if options.has_calendar else small.SHAPE)
    finally:
        keras.config.set_dtype_policy(before)
    plain = options.build(small.WITH_CALENDAR if options.has_calendar else small.SHAPE)
    plain.set_weights(model.get_weights())
    x = small.inputs(model)
    y = model(x)["quantiles"]
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, plain(x)["quantiles"], atol=0.25)
