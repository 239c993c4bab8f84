import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from models.classifiers.resnet import DEPTHS, resnet
from models.forecasters.forecaster import ForecastShape
from models.forecasters.patch_transformer import patch_transformer
from models.forecasters.transformer_blocks import BlockStyle
from models.graph.profile import profile


def _published(depth: int, image_shape: tuple[int, int, int], classes: int) -> keras.Model:
    shape = DEPTHS[depth]
    return resnet(
        image_shape=image_shape,
        num_classes=classes,
        widths=shape.widths,
        blocks_per_stage=shape.blocks,
        block=shape.block,
        stem_stride=shape.stem_stride,
    )


@pytest.mark.parametrize(
    ("depth", "image_shape", "classes", "multiply_adds"),
    [
        # He et al., CVPR 2016, table 1: 1.8, 3.6 and (with strides in the 1x1) 3.8 billion; ours has them in the 3x3.
        (18, (224, 224, 3), 1000, 1.8e9),
        (34, (224, 224, 3), 1000, 3.6e9),
        (50, (224, 224, 3), 1000, 4.1e9),
    ],
)
def test_operations_of_published_networks(depth, image_shape, classes, multiply_adds):
    assert profile(_published(depth, image_shape, classes)).flops / 2 == pytest.approx(multiply_adds, rel=0.03)


def test_parameters_of_published_networks():
    # The same, table 6: 0.27 and 0.46 million; identity shortcuts there, projections here: a few thousand more.
    assert profile(_published(20, (32, 32, 3), 10)).parameters == pytest.approx(0.27e6, rel=0.03)
    assert profile(_published(32, (32, 32, 3), 10)).parameters == pytest.approx(0.46e6, rel=0.03)


def test_operations_against_tensorflows_profiler():
    image = keras.Input((9, 9, 4))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.DepthwiseConv2D(5, padding="same", use_bias=False)(x)
    x = layers.Conv2D(6, 1, use_bias=False, dilation_rate=1)(x)
    model = keras.Model(image, layers.Dense(3, use_bias=False)(layers.Flatten()(x)))
    graph = tf.function(model).get_concrete_function(tf.TensorSpec((1, 9, 9, 4))).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    assert profile(model).flops == tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


def test_attention_by_hand():
    tokens = keras.Input((5, 8))
    model = keras.Model(tokens, layers.MultiHeadAttention(num_heads=2, key_dim=3)(tokens, tokens))
    # Three projections 8 -> 6 and one back, of 5 tokens; scores and values of 5 x 5 pairs of 6 numbers.
    assert profile(model).flops == 2 * (5 * (3 * 8 * 6 + 6 * 8) + 2 * 25 * 6)


def _seen(model: keras.Model) -> int:
    """Rows of the image that the middle output depends on, by its gradient."""
    for weight in model.weights:
        weight.assign(np.random.default_rng(0).uniform(0.1, 1.0, weight.shape))
    image = tf.ones((1, *model.inputs[0].shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(image)
        outputs = model(image)
        middle = outputs[0, outputs.shape[1] // 2, outputs.shape[2] // 2]
    gradient = tape.gradient(middle, image)
    return int(np.any(gradient.numpy()[0] != 0, axis=(1, 2)).sum())


def test_receptive_field_against_the_gradient():
    image = keras.Input((65, 65, 1))
    x = layers.Conv2D(2, 3, padding="same")(image)
    x = layers.Conv2D(2, 3, strides=2, padding="same")(x)
    branch = layers.Conv2D(2, 3, dilation_rate=3, padding="same")(x)
    x = layers.Add()([x, branch])
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    smooth = keras.Model(image, layers.AveragePooling2D(3, strides=1, padding="same")(x))
    found = profile(smooth)
    # 3; +2 at 1; +6 at 2; +2 at 2; +2 at 4; +2 at 4.
    assert found.receptive_field == 3 + 2 + 12 + 4 + 8 + 8
    # Pooling passes one of its nine on: its gradient sees less.
    linear = keras.models.clone_model(
        smooth,
        clone_function=lambda layer: (
            layers.AveragePooling2D(3, strides=2, padding="same", name=layer.name)
            if isinstance(layer, layers.MaxPooling2D)
            else type(layer).from_config(layer.get_config())
        ),
    )
    assert _seen(linear) == found.receptive_field


def test_gates_are_passed_over_and_pooling_sees_all():
    model = resnet(image_shape=(16, 16, 1), num_classes=3, widths=(4,), blocks_per_stage=1, se_ratio=2)
    found = profile(model)
    # Stem and two convolutions.
    assert found.receptive_field == 7
    assert {layer.kind: layer.receptive_field for layer in found.layers}["Dense"] is None


def test_a_kernel_that_is_not_known_is_told():
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, layers.Conv2DTranspose(2, 3, name="up")(image))
    assert profile(model).uncounted == ("up",)


def test_a_forecasters_operations_are_counted_by_hand():
    """Patches of 4 of 16 rows to 8 numbers; two heads; a perceptron of 16 units; 4 rows out of 4 tokens."""
    shape = ForecastShape(lookback=16, horizon=4, channels=1)
    counted = profile(patch_transformer(shape, style=BlockStyle(heads=2, hidden=16), patch=4, stride=4, dim=8, depth=1))
    patches, projections, scores = 2 * 4 * 4 * 8, 2 * 4 * 4 * 8 * 8, 2 * 2 * 4 * 4 * 8
    perceptron, head = 2 * 2 * 4 * 8 * 16, 2 * 32 * 4
    assert counted.flops == patches + projections + scores + perceptron + head
    assert counted.uncounted == ()
