"""The small networks of the few-shot literature, with or without context variables.

Inputs and layers that a learner looks for have the names of `models.few_shot.names`.
"""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import keras

from models.few_shot.conditioning import FiLM
from models.few_shot.episode_normalization import EpisodeNormalization
from models.few_shot.extra_inputs import ExtraInputs
from models.few_shot.names import CONTEXT, FEATURES, HEAD, WEIGHT, X
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
    """A perceptron with ReLU, from `x` `[example, inputs]` and `context` `[example, variable]`, if any, to `[example,
    outputs]`.

    Weights and biases are drawn evenly from ± 1/√(inputs of a unit), as in the published experiments on
    sinusoids.

    Args:
      inputs: numbers in an example.
      outputs: numbers predicted of an example.
      widths: units of each hidden layer.
      context: number of context variables; 0 makes a network without the input `context`.
      conditioning: how context variables enter: beside `x`, or as FiLM of each hidden layer.
      extra_inputs: number of learned constants beside `x`; see `models.few_shot.extra_inputs`.
    """
    x = keras.Input((inputs,), name=X)
    every = {X: x}
    features = ExtraInputs(extra_inputs)(x) if extra_inputs else x
    variables = None
    if context:
        variables = every[CONTEXT] = keras.Input((context,), name=CONTEXT)
        if conditioning == "concatenation":
            features = keras.layers.Concatenate()([x, variables])
    for index, width in enumerate(widths):
        features = _dense(width, features.shape[-1], f"hidden_{index}")(features)
        if variables is not None and conditioning == "film":
            features = FiLM(name=f"film_{index}")([features, variables])
        features = Rectifier()(features)
    return keras.Model(every, _dense(outputs, features.shape[-1], HEAD)(features), name="network")


def convolutions(
    *,
    image_shape: tuple[int, int, int],
    outputs: int,
    widths: Sequence[int] = (64, 64, 64, 64),
    normalization: Literal["episode", "batch"],
    has_head: bool = True,
    context: int = 0,
) -> keras.Model:
    """A stack of 3×3 convolutions, each normalized, rectified and halving the image, from `x` `[example, height, width,
    channel]` to `[example, outputs]`.

    With normalization "batch" 2×2 maxima halve it (Vinyals et al., "Matching Networks", NeurIPS 2016, section 4.1);
    with normalization "episode" strides (Finn, Abbeel, Levine, ICML 2017, section 5.2), in convolutions that are
    products of matrices, as their weights differ from task to task. Context variables enter by FiLM.

    Args:
      image_shape: (height, width, channels).
      outputs: numbers predicted of an example.
      widths: channels of each convolution.
      normalization: "batch", by running statistics; or "episode", by the examples of a call as the input `weight`
        `[example]` counts them.
      has_head: whether the network ends in a head; else it ends in the features, `[example, feature]`.
      context: number of context variables; 0 makes a network without the input `context` `[example, variable]`.
    """
    x = keras.Input(image_shape, name=X)
    every = {X: x}
    if normalization == "episode":
        every[WEIGHT] = keras.Input((), name=WEIGHT)
    if context:
        every[CONTEXT] = keras.Input((context,), name=CONTEXT)
    features = x
    for index, width in enumerate(widths):
        if normalization == "episode":
            features = PatchConvolution(width, name=f"convolution_{index}")(features)
            features = EpisodeNormalization(name=f"normalization_{index}")([features, every[WEIGHT]])
        else:
            features = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"convolution_{index}")(
                features
            )
            features = keras.layers.BatchNormalization(momentum=0.95, name=f"normalization_{index}")(features)
        if context:
            features = FiLM(name=f"film_{index}")([features, every[CONTEXT]])
        features = Rectifier()(features)
        if normalization == "batch":
            features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Reshape((math.prod(features.shape[1:]),), name=FEATURES)(features)
    if has_head:
        # With running statistics only the inner loop trains the head: it starts where all classes are alike.
        start = "zeros" if normalization == "batch" else "glorot_uniform"
        features = keras.layers.Dense(outputs, kernel_initializer=start, name=HEAD)(features)
    return keras.Model(every, features, name="network")


def _dense(units: int, fan_in: int, name: str) -> keras.layers.Dense:
    bound = 1 / math.sqrt(fan_in)
    even = {kind: keras.initializers.RandomUniform(-bound, bound) for kind in ("kernel", "bias")}
    return keras.layers.Dense(units, name=name, kernel_initializer=even["kernel"], bias_initializer=even["bias"])
