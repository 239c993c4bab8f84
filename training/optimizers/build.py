"""From options to an optimizer with its parameter groups."""

import fnmatch
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from training.optimizers.fused import FusedAdam, FusedSGD
from training.options import OptimizerOptions

_CLASSES = {
    "sgd": FusedSGD,
    "adam": FusedAdam,
    "lion": keras.optimizers.Lion,
    "adafactor": keras.optimizers.Adafactor,
    "lamb": keras.optimizers.Lamb,
}


def optimizer(options: OptimizerOptions, *, learning_rate: float = 0.001) -> keras.optimizers.Optimizer:
    """A Keras optimizer whose groups of variables decay and learn as the options say.

    Decoupled weight decay (Loshchilov, Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2) shrinks
    a variable by learning rate times decay before its update, norms, biases and scale parameters aside. A multiplier
    scales the learning rate of both. `build` raises ValueError for a multiplier's pattern that fits no variable.
    """
    arguments: dict[str, Any] = {
        name: value
        for name in ("momentum", "beta_1", "beta_2", "epsilon")
        if (value := getattr(options, name)) is not None
    }
    if options.kind == "sgd":
        arguments = {"momentum": 0.9, "nesterov": True, **arguments}
    base = _CLASSES[options.kind]
    if options.weight_decay or options.multipliers:
        base = _with_groups(base, options)
    return base(learning_rate=learning_rate, **arguments)


def decays(variable: keras.Variable) -> bool:
    """Whether weight decay takes a variable by default: matrices and kernels do, norms, biases and scales do not."""
    return len(variable.shape) > 1


def _with_groups(base: type[keras.optimizers.Optimizer], options: OptimizerOptions) -> type[keras.optimizers.Optimizer]:
    """A subclass of an optimizer that updates each variable by its group's (multiplier, decay)."""

    class Grouped(base):
        def build(self, variables: Sequence[keras.Variable]) -> None:
            if not self.built:
                self._groups = _groups(options, variables)
            super().build(variables)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            multiplier, decay = self._groups[self._get_variable_index(variable)]
            rate = tf.cast(learning_rate, variable.dtype) * multiplier
            if decay:
                variable.assign_sub(variable * (rate * decay))
            super().update_step(gradient, variable, rate)

    Grouped.__name__ = base.__name__
    return Grouped


def _groups(options: OptimizerOptions, variables: Sequence[keras.Variable]) -> tuple[tuple[float, float], ...]:
    """(multiplier of the learning rate, weight decay) of each variable."""
    paths = [variable.path for variable in variables]
    for pattern in options.multipliers:
        if not fnmatch.filter(paths, pattern):
            raise ValueError(
                f"A pattern of optimizer.multipliers must fit a variable's path, such as {paths[0]!r}. "
                f"Received: {pattern!r}"
            )
    return tuple(
        (_multiplier(options, variable.path), options.weight_decay if options.decay_all or decays(variable) else 0.0)
        for variable in variables
    )


def _multiplier(options: OptimizerOptions, path: str) -> float:
    fitting = [factor for pattern, factor in options.multipliers.items() if fnmatch.fnmatchcase(path, pattern)]
    return fitting[-1] if fitting else 1.0
