"""What is done to gradients between the tape and the optimizer."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def centralized(gradients: Sequence[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """Each unit's gradient less its mean over the unit's inputs; those of rank one or none stay.

    Source: Yong et al., "Gradient Centralization", ECCV 2020, equation 1. Keras keeps units on the last axis.
    """
    return [
        gradient - tf.reduce_mean(gradient, axis=list(range(len(gradient.shape) - 1)), keepdims=True)
        if gradient is not None and len(gradient.shape) > 1
        else gradient
        for gradient in gradients
    ]


def clipped(gradients: Sequence[tf.Tensor | None], norm: tf.Tensor | float) -> list[tf.Tensor | None]:
    """Scaled down together to the global norm, where theirs is larger (Pascanu et al., ICML 2013, algorithm 1)."""
    return tf.clip_by_global_norm(gradients, norm)[0]


def constrained(gradients: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]) -> list[tf.Tensor | None]:
    """As the variables' constraints want them: one that has a method `gradient`, such as weights that share a value, is
    asked, for the optimizer's own call of a constraint comes after the step."""
    asked = [getattr(variable.constraint, "gradient", None) for variable in variables]
    return [
        gradient if ask is None or gradient is None else ask(gradient)
        for gradient, ask in zip(gradients, asked, strict=True)
    ]
