import keras
from keras import layers

from models.graph.diagram import mermaid
from models.graph.profile import profile


def test_a_residual_block_by_hand():
    image = keras.Input((4, 4, 2), name="image")
    x = layers.Conv2D(2, 3, strides=1, padding="same", use_bias=False)(image)
    x = layers.Activation("relu", name="act")(layers.BatchNormalization()(x))
    x = layers.Activation("relu", name="last")(layers.Add()([image, x]))
    model = keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    assert mermaid(profile(model), {"act": "relu", "last": "relu"}) == (
        "flowchart TD\n"
        '  n0["InputLayer<br/>4×4×2"]\n'
        '  n1["Conv2D 3×3 · norm · relu<br/>4×4×2, 44 parameters"]\n'
        '  n2(("+ · relu"))\n'
        '  n3["GlobalAveragePooling2D<br/>2"]\n'
        '  n4["Dense<br/>3, 9 parameters"]\n'
        "  n0 --> n1\n"
        "  n0 --> n2\n"
        "  n1 --> n2\n"
        "  n2 --> n3\n"
        "  n3 --> n4\n"
    )
