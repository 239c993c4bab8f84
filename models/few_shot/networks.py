"""The small networks that few-shot learning is compared on, with or without context variables.

Inputs by name: `x`, with `context` the context variables of each example, and with normalization "episode" `weight`,
what each example counts for in the statistics. The last layer is called `head`.
"""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import keras

from models.few_shot.conditioning import FiLM
from models.few_shot.episode_normalization import EpisodeNormalization
from models.few_shot.extra_inputs import ExtraInputs
from models.few_shot.patch_convolution import PatchConvolution
from models.few_shot.rectifier import Rectifier

Conditioning: TypeAlias = Literal["concatenation", "film"]


def perceptron(
    *,
    inputs: int,
    outputs: int,
    widths: Sequence[int] = (40, 40),
    context: int = 0,
    conditioning: Conditioning = "concatenation",
    extra_inputs: int = 0,
) -> keras.Model:
    """`[example, inputs]` to `[example, outputs]` through layers with ReLU.

    Weights and biases start even within ± 1/√(a unit's inputs), as in the published sinusoid experiments.

    Args:
      inputs: numbers in an example.
      outputs: numbers predicted.
      widths: units of each hidden layer.
      context: context variables; 0 makes a network without.
      conditioning: how they enter: beside `x`, or as FiLM of each hidden layer.
      extra_inputs: learned constants beside `x`, which adapt with the other weights; see
        `models.few_shot.extra_inputs`.
    """
    x = keras.Input((inputs,), name="x")
    every = {"x": x}
    features = ExtraInputs(extra_inputs)(x) if extra_inputs else x
    variables = None
    if context:
        variables = every["context"] = keras.Input((context,), name="context")
        if conditioning == "concatenation":
            features = keras.layers.Concatenate()([x, variables])
    for index, width in enumerate(widths):
        features = _dense(width, features.shape[-1], f"hidden_{index}")(features)
        if variables is not None and conditioning == "film":
            features = FiLM(name=f"film_{index}")([features, variables])
        features = Rectifier()(features)
    return keras.Model(every, _dense(outputs, features.shape[-1], "head")(features), name="network")


def convolutions(
    *,
    image_shape: tuple[int, int, int],
    outputs: int,
    widths: Sequence[int] = (64, 64, 64, 64),
    normalization: Literal["episode", "batch"],
    has_head: bool = True,
    context: int = 0,
) -> keras.Model:
    """`[example, height, width, channel]` to `[example, outputs]`: 3×3 convolutions, normalized, ReLU, each halving the
    image.

    With running statistics by 2×2 maxima (Vinyals et al., "Matching Networks", NeurIPS 2016, section 4.1), normalized
    by the episode by strides (Finn, Abbeel, Levine, ICML 2017, section 5.2), as products of matrices: such networks
    have weights of their own for each task. Context variables enter by FiLM.

    Args:
      image_shape: (height, width, channels).
      outputs: number of outputs of the head.
      widths: channels of each convolution.
      normalization: by the statistics of the episode at hand, or by running statistics.
      has_head: without, the network ends in the features, `[example, feature]`.
      context: context variables; 0 makes a network without.
    """
    x = keras.Input(image_shape, name="x")
    every = {"x": x}
    if normalization == "episode":
        every["weight"] = keras.Input((), name="weight")
    if context:
        every["context"] = keras.Input((context,), name="context")
    features = x
    for index, width in enumerate(widths):
        if normalization == "episode":
            features = PatchConvolution(width, name=f"convolution_{index}")(features)
            features = EpisodeNormalization(name=f"normalization_{index}")([features, every["weight"]])
        else:
            features = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"convolution_{index}")(
                features
            )
            features = keras.layers.BatchNormalization(momentum=0.95, name=f"normalization_{index}")(features)
        if context:
            features = FiLM(name=f"film_{index}")([features, every["context"]])
        features = Rectifier()(features)
        if normalization == "batch":
            features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Reshape((math.prod(features.shape[1:]),), name="features")(features)
    if has_head:
        # With running statistics only the inner loop trains the head: it starts where all classes are alike.
        start = "zeros" if normalization == "batch" else "glorot_uniform"
        features = keras.layers.Dense(outputs, kernel_initializer=start, name="head")(features)
    return keras.Model(every, features, name="network")


def _dense(units: int, fan_in: int, name: str) -> keras.layers.Dense:
    bound = 1 / math.sqrt(fan_in)
    even = {kind: keras.initializers.RandomUniform(-bound, bound) for kind in ("kernel", "bias")}
    return keras.layers.Dense(units, name=name, kernel_initializer=even["kernel"], bias_initializer=even["bias"])
