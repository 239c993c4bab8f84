import keras
import numpy as np
import pytest

from models.classifiers.convnext import convnext
from models.graph.folding import fold
from models.graph.profile import profile

RNG = np.random.default_rng(0)
IMAGES = RNG.random((2, 16, 16, 3)).astype(np.float32)


def _small() -> keras.Model:
    return convnext(
        image_shape=(16, 16, 3), num_classes=5, widths=(4, 8), blocks_per_stage=(1, 2), stem_stride=2, drop_rate=0.5
    )


def _randomized(model: keras.Model) -> keras.Model:
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(RNG.normal(0.5, 0.5, weight.shape) if "variance" not in weight.path else np.ones(3))
    return model


def test_convnext_t_against_keras_s():
    theirs = keras.applications.ConvNeXtTiny(
        include_preprocessing=False,
        weights=None,
        input_shape=(64, 64, 3),
        classes=7,
        classifier_activation=None,
    )
    ours = convnext(image_shape=(64, 64, 3), num_classes=7)
    rng = np.random.default_rng(1)
    biases = 3 * 96 + 3 * 192 + 9 * 384 + 3 * 768
    # Theirs have biases of depthwise convolutions, which are zero here; ours has statistics of three channels.
    assert ours.count_params() == theirs.count_params() - biases + 2 * 3
    copied = [np.zeros(3), np.full(3, 1 - 1e-3)]
    for weight in theirs.weights:
        if weight.path.endswith("depthwise_conv/bias"):
            continue
        if weight.path.endswith("kernel"):
            value = rng.normal(0, np.prod(weight.shape[:-1]) ** -0.5, weight.shape).astype(np.float32)
        else:
            value = rng.uniform(0.5, 1.5, weight.shape).astype(np.float32)
        weight.assign(value)
        if value.ndim == 4 and "depthwise" in weight.path:
            value = value.transpose(0, 1, 3, 2)
        copied.append(value[None, None] if "pointwise" in weight.path and value.ndim == 2 else value)
    ours.set_weights(copied)
    images = np.stack([rng.random((64, 64, 3)), np.zeros((64, 64, 3))]).astype(np.float32)
    expected = theirs(images).numpy()
    # To a hundredth of what two images differ by.
    tolerance = 0.01 * np.ptp(expected, axis=0).mean()
    np.testing.assert_allclose(ours({"image": images})["logits"], expected, atol=tolerance)


def test_operations_of_convnext_t():
    # Liu et al., CVPR 2022, table 1: 4.5 billion multiply-adds.
    ours = convnext(image_shape=(224, 224, 3), num_classes=1000)
    assert profile(ours).flops / 2 == pytest.approx(4.5e9, rel=0.02)


def test_parameters_by_hand():
    # A block of c channels: depthwise 49c, normalization 2c, perceptron 4cc + 4c and 4cc + c, scale c.
    blocks = sum(49 * c + 2 * c + 8 * c * c + 5 * c + c for c in (4, 8, 8))
    stem, halving, head = 4 * 3 * 4 + 4 + 8, 8 + 4 * 4 * 8 + 8, 16 + 8 * 5 + 5
    assert _small().count_params() == 2 * 3 + stem + blocks + halving + head


@pytest.mark.parametrize(("stem_stride", "pixels"), [(1, 14), (2, 7), (4, 3)])
def test_small_images(stem_stride, pixels):
    model = convnext(
        image_shape=(28, 28, 1), num_classes=3, widths=(4, 4), blocks_per_stage=(1, 1), stem_stride=stem_stride
    )
    assert model.get_layer("pooled").input.shape[1:] == (pixels, pixels, 4)


def test_branches_are_dropped_in_training_only():
    model = _randomized(_small())
    seen = {
        training: {model({"image": IMAGES}, training=training)["logits"].numpy().tobytes() for _ in range(8)}
        for training in (False, True)
    }
    assert len(seen[False]) == 1
    assert len(seen[True]) > 1


def test_survives_saving(tmp_path):
    model = _randomized(_small())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded({"image": IMAGES})["logits"], model({"image": IMAGES})["logits"])


def test_equals_itself_folded():
    model = _randomized(_small())
    folded = fold(model)
    expected = model({"image": IMAGES})["logits"].numpy()
    np.testing.assert_allclose(folded({"image": IMAGES})["logits"], expected, atol=1e-5 * np.abs(expected).max())
    # The scales of the three blocks.
    assert model.count_params() - folded.count_params() == 4 + 8 + 8


def test_computes_in_the_policy_s_type_and_keeps_weights_and_logits_in_float32():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _small()
    finally:
        keras.config.set_dtype_policy(before)
    assert model({"image": IMAGES}, training=True)["logits"].dtype == "float32"
    assert model.get_layer("pooled").output.dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"one for each of the 4 widths\. Received: \(1, 1\)\. Name as many"):
        convnext(image_shape=(32, 32, 3), num_classes=3, blocks_per_stage=(1, 1))
    with pytest.raises(ValueError, match=r"at least 32 pixels .* Received: image_shape=\(28, 28, 1\)"):
        convnext(image_shape=(28, 28, 1), num_classes=3)
