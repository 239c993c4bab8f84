"""What the comparison with Keras's MobileNets does not show."""

import keras
import numpy as np
import pytest

from models.layers.convolution import Style
from models.layers.inverted_residual import Gate, inverted_residual

RNG = np.random.default_rng(0)
GATE = Gate(2, "silu", "hard_sigmoid")


def _model(**options) -> keras.Model:
    image = keras.Input((6, 6, 4))
    return keras.Model(image, inverted_residual(image, Style(), **{"filters": 4, "expanded": 8, **options}))


def _kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("options", "adds"), [({}, True), ({"filters": 6}, False), ({"strides": 2}, False), ({"kernel_size": 5}, True)]
)
def test_adds_where_shapes_agree(options, adds):
    kinds = _kinds(_model(drop_rate=0.5, **options))
    # Without a shortcut, nothing can be dropped.
    assert ("Add" in kinds, "Dropout" in kinds) == (adds, adds)


def test_parameters_by_hand():
    # Expansion 4*8, depthwise 9*8, projection 8*4, normalizations 4 numbers a channel; gate 8*2 + 2 + 2*8 + 8.
    assert _model().count_params() == 32 + 4 * 8 + 72 + 4 * 8 + 32 + 4 * 4
    assert _model(gate=GATE).count_params() - _model().count_params() == 16 + 2 + 16 + 8
    # As many channels inside as come in leave out the expansion and its normalization.
    assert _model(expanded=4).count_params() == 9 * 4 + 4 * 4 + 4 * 4 + 4 * 4


def test_the_gate_scales_what_the_projection_takes_by_hand():
    model = _model(gate=GATE, filters=3)
    multiply = next(layer for layer in model.layers if isinstance(layer, keras.layers.Multiply))
    squeeze, excite = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D) and layer.use_bias)
    ungated, gated = keras.Model(model.inputs, [multiply.input[0], multiply.output])([RNG.normal(size=(1, 6, 6, 4))])
    hidden = np.mean(ungated, axis=(1, 2)) @ squeeze.kernel.numpy()[0, 0]
    hidden = hidden / (1 + np.exp(-hidden))
    # Howard et al., ICCV 2019, section 5.2: relu6(x + 3) / 6.
    gates = np.clip(hidden @ excite.kernel.numpy()[0, 0] + 3, 0, 6) / 6
    np.testing.assert_allclose(gated, ungated * gates[:, None, None], atol=1e-5)
    assert ungated.shape[-1] == 8


def test_the_bottleneck_is_linear():
    y = _model(filters=6)(RNG.normal(size=(4, 6, 6, 4)))
    assert y.numpy().min() < 0


def test_branches_are_dropped_for_whole_examples_in_training_only():
    model = _model(drop_rate=0.5)
    # The branch adds one everywhere; those kept twice as much.
    last = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)][-1]
    last.beta.assign(np.ones(4))
    x = np.zeros((64, 6, 6, 4), np.float32)
    assert np.unique(model(x)).tolist() == [1]
    y = model(x, training=True).numpy().reshape(64, -1)
    assert (y.min(axis=1) == y.max(axis=1)).all()
    assert np.unique(y).tolist() == [0, 2]


def test_survives_saving(tmp_path):
    model = _model(gate=GATE, drop_rate=0.1)
    model.save(tmp_path / "model.keras")
    x = RNG.normal(size=(2, 6, 6, 4)).astype(np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_computes_in_the_policy_s_type():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _model(gate=GATE)
    finally:
        keras.config.set_dtype_policy(before)
    assert model(np.zeros((2, 6, 6, 4), np.float32), training=True).dtype == "bfloat16"
    assert {variable.dtype for variable in model.variables} == {"float32"}
