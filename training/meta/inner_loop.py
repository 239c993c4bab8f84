"""The inner loop: gradient steps on one task's support loss. Functional: it reads tensors and changes no variable."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

Values: TypeAlias = list[tf.Tensor]


def descend(
    loss: Callable[[Values], tf.Tensor],
    start: Sequence[tf.Tensor],
    *,
    steps: int,
    rates: Callable[[int], Sequence[tf.Tensor | float]],
    is_first_order: bool = False,
) -> list[Values]:
    """The adapted tensors after 0, 1, … `steps` steps of gradient descent; runs inside a graph.

    An outer tape differentiates through the steps (MAML: Finn, Abbeel, Levine, ICML 2017, algorithm 1) or, first-order,
    takes the inner gradients for constants (section 5.2 there).

    Args:
      loss: maps the adapted tensors to the support loss, a scalar.
      start: the tensors before the first step.
      steps: number of steps.
      rates: maps a step's number, from 0 on, to a rate for each tensor: a number, or a tensor that broadcasts to it.
      is_first_order: whether an outer tape takes the gradients for constants.
    """
    values = [tf.convert_to_tensor(value) for value in start]
    path = [values]
    for step in range(steps):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            support_loss = loss(values)
        gradients = tape.gradient(support_loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        if is_first_order:
            gradients = [tf.stop_gradient(gradient) for gradient in gradients]
        values = [value - rate * gradient for value, rate, gradient in zip(values, rates(step), gradients, strict=True)]
        path.append(values)
    return path
