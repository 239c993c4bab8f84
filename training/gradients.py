"""What is done to gradients between the tape and the optimizer."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def centralize(gradients: Sequence[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """Subtracts from each unit's gradient its mean over the unit's inputs; gradients of rank one or none stay.

    Source: Yong et al., "Gradient Centralization", ECCV 2020, equation 1. Keras keeps units on the last axis.
    """
    return [
        gradient - tf.reduce_mean(gradient, axis=list(range(len(gradient.shape) - 1)), keepdims=True)
        if gradient is not None and len(gradient.shape) > 1
        else gradient
        for gradient in gradients
    ]


def clip(gradients: Sequence[tf.Tensor | None], norm: tf.Tensor | float) -> list[tf.Tensor | None]:
    """Scales all gradients down together to a global norm, where theirs is larger.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1.
    """
    return tf.clip_by_global_norm(gradients, norm)[0]


def constrain(gradients: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]) -> list[tf.Tensor | None]:
    """Changes each gradient as the variable's constraint asks, where that has a method `gradient`, such as that of
    weights which share a value: the optimizer calls a constraint itself only after the step."""
    asked = [getattr(variable.constraint, "gradient", None) for variable in variables]
    return [
        gradient if ask is None or gradient is None else ask(gradient)
        for gradient, ask in zip(gradients, asked, strict=True)
    ]
