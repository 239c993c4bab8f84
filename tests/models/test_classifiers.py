"""What every classifier that a config can name has to do."""

from typing import get_args

import keras
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from models.classifiers.options import Architecture
from models.graph.folding import fold
from models.graph.profile import profile

SHAPE = (16, 16, 3)
SMALL = {"width": 0.25, "shrinks": 4, "drop_rate": 0.1}
OPTIONS = {
    "resnet": {"widths": [8, 16], "drop_rate": 0.1, "activation": "mish"},
    "preactivated": {"widths": [8], "block": "preactivation", "activation": "learnable_swish"},
    "bottleneck": {"widths": [16], "block": "bottleneck", "initializer": "delta_orthogonal", "kernel_l2": 1e-4},
    "cifar": {"depth": 8},
    "mobilenet_v2": {"kind": "mobilenet_v2", **SMALL},
    "mobilenet_v3_small": {"kind": "mobilenet_v3_small", **SMALL},
    "efficientnet": {"kind": "efficientnet", "depth": 0.5, **SMALL},
    "densenet": {"kind": "densenet", "layers_per_block": [2, 2], "growth": 4, "stem_stride": 2},
    "convnext": {"kind": "convnext", "widths": [4, 8], "blocks_per_stage": [1, 1], "stem_stride": 2, "drop_rate": 0.1},
    "dilated": {"kind": "dilated", "widths": [4, 8], "dilations": [1, 2], "stem_stride": 2, "drop_rate": 0.1},
    "pyramid": {"kind": "dilated", "widths": [4], "dilations": [2], "pyramid": [2, 3]},
    "vgg": {"kind": "vgg", "widths": [4, 8], "convolutions": 2, "activation": "gelu"},
    "vit": {"kind": "vit", "dim": 16, "depth": 2, "drop_rate": 0.1},
}
IMAGES = np.random.default_rng(0).random((3, *SHAPE)).astype(np.float32)


def _options(options: dict):
    return TypeAdapter(Architecture).validate_python(options)


def _build(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    return _options(OPTIONS[name]).build(image_shape=SHAPE, num_classes=5)


def test_every_kind_is_tried():
    union, *_ = get_args(Architecture)
    kinds = {kind for options in get_args(union) for kind in get_args(options.model_fields["kind"].annotation)}
    assert {_options(options).kind for options in OPTIONS.values()} == kinds


@pytest.fixture(scope="module", params=OPTIONS)
def model(request) -> keras.Model:
    return _build(request.param)


def test_maps_images_to_logits_by_way_of_pooled(model):
    assert model({"image": IMAGES})["logits"].shape == (3, 5)
    assert len(model.get_layer("pooled").output.shape) == 2


def test_survives_saving(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = model({"image": IMAGES})["logits"]
    np.testing.assert_array_equal(loaded({"image": IMAGES})["logits"], expected)


def test_equals_itself_folded_and_is_smaller(model):
    """With the statistics of a batch, which differ from their start."""
    model({"image": IMAGES}, training=True)
    folded = fold(model)
    expected = model({"image": IMAGES})["logits"].numpy()
    np.testing.assert_allclose(folded({"image": IMAGES})["logits"], expected, atol=1e-5 * np.abs(expected).max())
    assert folded.count_params() <= model.count_params()


def test_every_operation_is_counted(model):
    found = profile(model)
    assert found.uncounted == ()
    assert found.parameters == model.count_params()


@pytest.mark.parametrize("name", OPTIONS)
def test_computes_in_the_policy_s_type_and_keeps_weights_and_logits_in_float32(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = _build(name)
    finally:
        keras.config.set_dtype_policy(before)
    assert model({"image": IMAGES}, training=True)["logits"].dtype == "float32"
    assert model.get_layer("pooled").output.dtype == "bfloat16"
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 20, "widths": [8]}, r"depth decides widths, .*Received: widths"),
        ({"widths": [8, 16], "blocks_per_stage": [1]}, r"one for each of the 2 widths\. Received: \[1\]"),
        ({"widths": [6], "block": "bottleneck"}, r"multiples of 4\. Received: \[6\]"),
        ({"depth": 21}, r"depth"),
        ({"kind": "vit", "dim": 10, "heads": 4}, r"multiple of heads\. Received: dim=10, heads=4"),
        ({"kind": "efficientnet", "phi": 1, "depth": 2}, r"phi decides depth and width.*Received: depth"),
        ({"kind": "dilated", "widths": [8, 16]}, r"one for each of the 2 widths\. Received: \[1, 2, 4\]"),
        ({"kind": "vgg", "drop_rate": 0.1}, r"drop_rate"),
        ({"kind": "alexnet"}, r"'resnet', 'mobilenet_v2'"),
        ({"activation": "tan"}, r"activation"),
    ],
)
def test_options_that_do_not_fit_together(options, message):
    with pytest.raises(ValidationError, match=message):
        _options(options)


@pytest.mark.parametrize(
    ("options", "shrinks"),
    [
        ({"widths": [8, 16, 32], "stem_stride": 2}, 8),
        ({"depth": 20}, 4),
        ({"depth": 50}, 32),
        ({"kind": "densenet"}, 4),
        ({"kind": "dilated", "stem_stride": 2}, 2),
        ({"kind": "vgg"}, 4),
        ({"kind": "vit", "patch": 7}, 7),
        ({"kind": "mobilenet_v2"}, 32),
        ({"kind": "efficientnet", "shrinks": 8}, 8),
    ],
)
def test_how_far_images_shrink(options, shrinks):
    assert _options(options).shrinks == shrinks
