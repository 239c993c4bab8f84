"""Magnitude pruning in training: how the share of zeros grows while the rest is trained."""

import keras
import tensorflow as tf

from compression.changes.kernels import prunable_kernels
from compression.changes.masks import masks
from compression.recipe import PruningOptions
from training.hooks import Hook
from training.records import StepsRecord

# Masks are made anew when the share has grown by this much, not at every step.
_GROWTH = 0.01


class Mask(keras.constraints.Constraint):
    """Keeps the zeros of a variable: Keras's optimizers apply constraints after each step."""

    def __init__(self, variable: keras.Variable) -> None:
        self.values = tf.Variable(tf.ones(variable.shape, variable.dtype), trainable=False)

    def __call__(self, w: keras.Variable) -> tf.Tensor:
        return tf.convert_to_tensor(w) * self.values


class Pruning(Hook):
    """Prunes a model in training, as far along as training is; `finish` says when training is over.

    Source: Zhu, Gupta, "To prune, or not to prune", 2017, section 3: the masks are made of the weights' magnitudes
    again and again, so that what was zero may come back while the share still grows.
    """

    def __init__(self, model: keras.Model, options: PruningOptions, *, total_steps: int) -> None:
        """Args:
        model: built; its kernels get constraints.
        options: what to prune and when.
        total_steps: of the training.

        Raises:
          LayerPatternError: a pattern fits no layer, or no kernel is left to prune.
        """
        self._options = options
        self._total_steps = total_steps
        self._kernels = prunable_kernels(model, options.exclude)
        self._masks = {path: Mask(kernel) for path, kernel in self._kernels.items()}
        # Of the present masks; as exact as the schedule.
        self._sparsity = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        for path, kernel in self._kernels.items():
            kernel.constraint = self._masks[path]
        self._prune(self._sparsity_at(0))

    @property
    def variables(self) -> list[tf.Variable]:
        return [self._sparsity, *(mask.values for mask in self._masks.values())]

    def on_steps(self, record: StepsRecord) -> None:
        sparsity, present = self._sparsity_at(record.step), float(tf.convert_to_tensor(self._sparsity))
        if sparsity >= present + _GROWTH or sparsity > present == 0:
            self._prune(sparsity)

    def finish(self) -> None:
        """Prunes to the full share, whatever the training came to, and leaves the model without constraints."""
        self._prune(self._options.sparsity)
        for kernel in self._kernels.values():
            kernel.constraint = None

    def _sparsity_at(self, step: int) -> float:
        return sparsity_at(self._options, min(1.0, step / self._total_steps))

    def _prune(self, sparsity: float) -> None:
        if sparsity == 0:
            return
        self._sparsity.assign(sparsity)
        kernels = {path: kernel.numpy() for path, kernel in self._kernels.items()}
        for path, mask in masks(kernels, self._options, sparsity).items():
            self._masks[path].values.assign(mask)
            self._kernels[path].assign(kernels[path] * mask)


def sparsity_at(options: PruningOptions, progress: float) -> float:
    """The share of zeros when `progress` of the steps are done.

    Source of the polynomial: Zhu, Gupta, the same, equation 1, from an initial share of zero.
    """
    if options.schedule == "constant" or progress >= options.end:
        return options.sparsity if progress >= options.begin else 0.0
    left = 1 - max(0.0, progress - options.begin) / (options.end - options.begin)
    return options.sparsity * (1 - left**3)
