"""Residual blocks, dilation and ConvNeXt, against NumPy and by hand."""

import math

import keras
import numpy as np
import pytest

from models.classifiers.convnext import convnext_block
from models.layers.convolution import Style, convolve, convolve_depthwise, convolve_separable
from models.layers.dilated import dilated_pyramid
from models.layers.residual import residual_block
from models.layers.squeeze_excitation import squeeze_excite
from models.layers.stochastic_depth import drop_path, drop_rates

RNG = np.random.default_rng(0)
KINDS = ["basic", "bottleneck", "preactivation", "separable"]
STYLE = Style()


def _model(block, shape=(6, 6, 4)) -> keras.Model:
    image = keras.Input(shape)
    return keras.Model(image, block(image))


def _randomized(model: keras.Model) -> keras.Model:
    for weight in model.weights:
        if "seed" not in weight.path:
            values = RNG.normal(0, 0.5, weight.shape)
            weight.assign(np.abs(values) + 0.5 if "variance" in weight.path else values)
    return model


def _x(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def _convolution(x: np.ndarray, kernel: np.ndarray, *, dilation: int = 1, strides: int = 1) -> np.ndarray:
    """`same` padding, by loops; x `[height, width, channel]`, kernel `[height, width, in, out]`."""
    taps, (height, width) = kernel.shape[0], x.shape[:2]
    out_height, out_width = -(-height // strides), -(-width // strides)
    total = max((out_height - 1) * strides + (taps - 1) * dilation + 1 - height, 0)
    y = np.zeros((out_height, out_width, kernel.shape[-1]))
    for row in range(out_height):
        for column in range(out_width):
            for i in range(taps):
                for j in range(taps):
                    r = row * strides + i * dilation - total // 2
                    c = column * strides + j * dilation - total // 2
                    if 0 <= r < height and 0 <= c < width:
                        y[row, column] += x[r, c] @ kernel[i, j]
    return y


@pytest.mark.parametrize(("dilation", "strides"), [(1, 1), (2, 1), (3, 1), (1, 2)])
def test_convolutions_against_loops(dilation, strides):
    model = _randomized(_model(lambda x: convolve(x, STYLE, filters=3, dilation=dilation, strides=strides)))
    x = _x(1, 6, 6, 4)
    expected = _convolution(x[0], model.get_weights()[0], dilation=dilation, strides=strides)
    np.testing.assert_allclose(model(x)[0], expected, atol=1e-4)


def test_a_separable_convolution_is_a_depthwise_and_a_pointwise_one():
    model = _randomized(_model(lambda x: convolve_separable(x, STYLE, filters=3, dilation=2)))
    depthwise, pointwise = model.get_weights()
    # One full kernel: each input channel's own window, spread over the outputs.
    kernel = depthwise * pointwise[0, 0][None, None]
    x = _x(1, 6, 6, 4)
    np.testing.assert_allclose(model(x)[0], _convolution(x[0], kernel, dilation=2), atol=1e-4)
    assert model.count_params() == 9 * 4 + 4 * 3


def test_grouped_convolutions_have_fewer_weights():
    assert _model(lambda x: convolve(x, STYLE, filters=8, groups=2)).count_params() == 9 * (4 // 2) * 8


def test_kernels_are_regularized_where_asked():
    style = Style(kernel_l2=0.1)
    model = _model(lambda x: convolve_depthwise(convolve(x, style, filters=4), style))
    assert sum(float(loss) for loss in model.losses) == pytest.approx(
        0.1 * sum(float((weight**2).sum()) for weight in model.get_weights()), rel=1e-5
    )


def test_a_basic_block_against_numpy():
    model = _randomized(_model(lambda x: residual_block(x, filters=4)))
    k1, g1, b1, m1, v1, k2, g2, b2, m2, v2 = model.get_weights()
    x = _x(1, 6, 6, 4)
    y = (_convolution(x[0], k1) - m1) / np.sqrt(v1 + 1e-3) * g1 + b1
    y = (_convolution(np.maximum(y, 0), k2) - m2) / np.sqrt(v2 + 1e-3) * g2 + b2
    np.testing.assert_allclose(model(x)[0], np.maximum(y + x[0], 0), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_projections(kind):
    model = _model(lambda x: residual_block(x, filters=8, block=kind, strides=2), (7, 7, 4))
    assert model.output.shape == (None, 4, 4, 8)
    assert _model(lambda x: residual_block(x, filters=4, block=kind)).output.shape == (None, 6, 6, 4)


@pytest.mark.parametrize("kind", ["basic", "bottleneck", "separable"])
def test_blocks_start_as_their_shortcut(kind):
    x = _x(2, 6, 6, 4)
    model = _model(lambda y: residual_block(y, filters=4, block=kind))
    np.testing.assert_allclose(model(x), np.maximum(x, 0), atol=1e-6)


def test_a_preactivation_block_leaves_the_sum_as_it_is():
    model = _randomized(_model(lambda x: residual_block(x, filters=4, block="preactivation")))
    assert type(model.layers[-1]).__name__ == "Add"
    assert model(_x(4, 6, 6, 4)).numpy().min() < 0


@pytest.mark.parametrize(
    ("placement", "before", "after"),
    [("standard", "Add", "BatchNormalization"), ("pre", "Conv2D", "InputLayer"), ("identity", "Add", "InputLayer")],
)
def test_where_the_gate_stands(placement, before, after):
    model = _model(lambda x: residual_block(x, filters=4, se_ratio=2, se_placement=placement))
    multiply = next(layer for layer in model.layers if isinstance(layer, keras.layers.Multiply))
    source = multiply.input[0]
    producers = {id(layer.output): type(layer).__name__ for layer in model.layers}
    consumers = [
        type(layer).__name__
        for layer in model.layers
        if any(tensor is multiply.output for tensor in keras.tree.flatten(getattr(layer, "input", [])))
    ]
    assert (producers[id(source)], consumers) == (after, [before])


def test_a_gate_after_the_addition_is_last():
    model = _model(lambda x: residual_block(x, filters=4, se_ratio=2, se_placement="post"))
    assert type(model.layers[-1]).__name__ == "Multiply"


def test_a_bottleneck_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"multiple of 4\. Received: 6"):
        _model(lambda x: residual_block(x, filters=6, block="bottleneck"))


def test_a_gate_has_one_size():
    with pytest.raises(ValueError, match=r"Give ratio or hidden\. Received: ratio=None, hidden=None"):
        _model(lambda x: squeeze_excite(x))


def test_drop_rates_rise_from_zero():
    # Huang et al., ECCV 2016, equation 4, with the first block kept always.
    assert drop_rates(0.2, 5) == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    assert drop_rates(0.2, 1) == [0]


def test_whole_examples_are_dropped_in_training_only():
    model = _model(lambda x: drop_path(x, rate=0.25))
    x = np.ones((400, 6, 6, 4), np.float32)
    np.testing.assert_array_equal(model(x), x)
    y = model(x, training=True).numpy().reshape(400, -1)
    assert (y.min(axis=1) == y.max(axis=1)).all()
    assert set(np.round(np.unique(y), 5)) == {0, np.float32(round(1 / 0.75, 5))}
    assert y[:, 0].mean() == pytest.approx(1, abs=0.12)


def test_a_convnext_block_against_numpy():
    model = _randomized(_model(lambda x: convnext_block(x, STYLE, expansion=2, kernel_size=3)))
    depthwise, gain, bias, w1, c1, w2, c2, scale = model.get_weights()
    x = _x(1, 6, 6, 4)[0]
    kernel = depthwise * np.eye(4)[None, None]
    y = _convolution(x, kernel)
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-6) * gain + bias
    hidden = y @ w1[0, 0] + c1
    hidden = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / np.sqrt(2)))
    np.testing.assert_allclose(model(x[None])[0], x + (hidden @ w2[0, 0] + c2) * scale, atol=1e-3)


def test_a_convnext_block_starts_as_its_shortcut():
    x = _x(1, 6, 6, 4)
    np.testing.assert_allclose(_model(lambda y: convnext_block(y, STYLE))(x), x, atol=1e-4)


def test_the_pyramid_s_branches_by_hand():
    model = _randomized(_model(lambda x: dilated_pyramid(x, STYLE, filters=2, rates=(2,))))
    assert model.output.shape == (None, 6, 6, 2)
    by_size = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            by_size.setdefault((layer.kernel_size[0], layer.dilation_rate[0]), []).append(layer)
    # The image's mean, a pixel each and the projection; a window at the rate.
    assert {key: len(layers) for key, layers in by_size.items()} == {(1, 1): 3, (3, 2): 1}
    joined = next(layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    seen = keras.Model(model.inputs, joined.output)([_x(1, 6, 6, 4)]).numpy()[0]
    mean = seen[..., -2:]
    np.testing.assert_allclose(mean, np.broadcast_to(mean[0, 0], mean.shape))
    assert joined.output.shape[-1] == 3 * 2


BLOCKS = {
    "convnext": lambda x: convnext_block(x, STYLE),
    "pyramid": lambda x: dilated_pyramid(x, STYLE, filters=3),
    "gate": lambda x: squeeze_excite(x, hidden=2, activation="silu", gate="hard_sigmoid"),
    "separable": lambda x: convolve_separable(x, Style(initializer="lecun_normal"), filters=3),
    "dropped": lambda x: drop_path(x, rate=0.5),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_survives_saving(name, tmp_path):
    model = _randomized(_model(BLOCKS[name]))
    model.save(tmp_path / "model.keras")
    x = _x(2, 6, 6, 4)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


@pytest.mark.parametrize("name", BLOCKS)
def test_computes_in_the_policy_s_type(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _model(BLOCKS[name])
    finally:
        keras.config.set_dtype_policy(before)
    assert model(_x(2, 6, 6, 4), training=True).dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} <= {"float32"}
