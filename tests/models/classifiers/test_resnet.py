import keras
import numpy as np
import pytest

from models.classifiers.resnet import resnet
from models.layers.residual import residual_block
from models.layers.squeeze_excitation import squeeze_excite


def _model(**options) -> keras.Model:
    return resnet(image_shape=(8, 8, 1), num_classes=10, **{"widths": (4, 8), "blocks_per_stage": 1, **options})


def test_maps_images_to_logits():
    outputs = _model(se_ratio=2)({"image": np.zeros((3, 8, 8, 1), np.float32)})
    assert outputs["logits"].shape == (3, 10)


def test_parameter_count_by_hand():
    # input normalization 2*1; stem 9*1*4 + 4*4; stage 1: 2*(9*4*4 + 4*4); stage 2: shortcut 4*8 + 4*8,
    # 9*4*8 + 4*8, 9*8*8 + 4*8; head 8*10 + 10.
    expected = 2 + (36 + 16) + 2 * (144 + 16) + (32 + 32) + (288 + 32) + (576 + 32) + 90
    assert _model().count_params() == expected


def test_se_adds_its_two_dense_layers():
    # Two gates: channels 4 -> 2 -> 4 and 8 -> 4 -> 8, with biases.
    gates = (4 * 2 + 2 + 2 * 4 + 4) + (8 * 4 + 4 + 4 * 8 + 8)
    assert _model(se_ratio=2).count_params() - _model().count_params() == gates


def test_too_many_stages_are_refused():
    with pytest.raises(ValueError, match=r"at least 16 pixels .* Received: image_shape=\(8, 8, 1\)"):
        _model(widths=(2, 2, 2, 2, 2))


def test_a_block_starts_as_its_shortcut():
    image = keras.Input((4, 4, 3))
    model = keras.Model(image, residual_block(image, filters=3, se_ratio=2))
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    np.testing.assert_allclose(model(x), np.maximum(x, 0), atol=1e-6)


def test_squeeze_excitation_against_numpy():
    image = keras.Input((3, 5, 4))
    model = keras.Model(image, squeeze_excite(image, ratio=2))
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=weight.shape).astype(np.float32) for weight in model.get_weights()]
    model.set_weights(weights)
    x = rng.normal(size=(2, 3, 5, 4)).astype(np.float32)
    squeeze_kernel, squeeze_bias, excite_kernel, excite_bias = weights
    hidden = np.maximum(x.mean(axis=(1, 2)) @ squeeze_kernel[0, 0] + squeeze_bias, 0)
    gate = 1 / (1 + np.exp(-(hidden @ excite_kernel[0, 0] + excite_bias)))
    np.testing.assert_allclose(model(x), x * gate[:, None, None, :], atol=1e-5)


def test_survives_saving(tmp_path):
    model = _model(se_ratio=2)
    model.save(tmp_path / "model.keras")
    x = {"image": np.random.default_rng(2).random((2, 8, 8, 1), np.float32)}
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x)["logits"], model(x)["logits"])
