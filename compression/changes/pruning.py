"""Magnitude pruning: which weights are set to zero, and how their share grows while the rest is trained."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from compression.layer_patterns import LayerPatternError, match_paths
from compression.recipe import PruningOptions
from training.hooks import Hook
from training.records import StepsRecord

_KERNELS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)
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


def kernel_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """Convolutions and dense layers, which have a kernel, by path."""
    return {layer.path or layer.name: layer for layer in model.layers if isinstance(layer, _KERNELS)}


def layer_kernels(model: keras.Model) -> dict[str, keras.Variable]:
    """Kernels of convolutions and dense layers by the layer's path."""
    return {path: layer.kernel for path, layer in kernel_layers(model).items()}


def prunable_kernels(
    model: keras.Model, exclude: Sequence[str] = (), *, option: str = "prune.exclude"
) -> dict[str, keras.Variable]:
    """Kernels of convolutions and dense layers by the layer's path, but for those that a pattern excludes.

    Args:
      model: built.
      exclude: patterns of layer paths.
      option: where the patterns stand in the config, for the complaint.

    Raises:
      LayerPatternError: a pattern fits no layer, or every kernel is excluded.
    """
    kernels = layer_kernels(model)
    left_out = match_paths(kernels, exclude, option=option, what="a layer with a kernel")
    kept = {path: kernel for path, kernel in kernels.items() if path not in left_out}
    if not kept:
        raise LayerPatternError(
            f"A layer with a kernel must be left to {option.partition('.')[0]}. Received: a model with {len(kernels)}, "
            f"and exclude={list(exclude)}. Exclude fewer."
        )
    return kept


def sparsity_at(options: PruningOptions, progress: float) -> float:
    """The share of zeros when `progress` of the steps are done.

    Source of the polynomial: Zhu, Gupta, the same, equation 1, from an initial share of zero.
    """
    if options.schedule == "constant" or progress >= options.end:
        return options.sparsity if progress >= options.begin else 0.0
    left = 1 - max(0.0, progress - options.begin) / (options.end - options.begin)
    return options.sparsity * (1 - left**3)


def masks(kernels: Mapping[str, np.ndarray], options: PruningOptions, sparsity: float) -> dict[str, np.ndarray]:
    """Zeros for what is pruned, ones elsewhere, of each kernel's shape.

    A kernel is seen as a matrix `[inputs, outputs]`, whatever its rank. `2:4` keeps the two largest of every four
    inputs of an output whatever the share, once it is above zero; inputs left over at the end are kept. Blocks are
    pruned whole, by the mean of their magnitudes.

    Args:
      kernels: by layer path, `[..., outputs]`.
      options: structure, block and scope.
      sparsity: the share of zeros, over all kernels or in each.
    """
    if options.structure == "2:4":
        return {path: _two_of_four(kernel) for path, kernel in kernels.items()}
    block = options.block if options.structure == "block" else (1, 1)
    scores = {path: _block_scores(kernel, block) for path, kernel in kernels.items()}
    if options.scope == "layer":
        kept = {path: _largest(score.ravel(), sparsity).reshape(score.shape) for path, score in scores.items()}
    else:
        flat = _largest(np.concatenate([score.ravel() for score in scores.values()]), sparsity)
        ends = np.cumsum([score.size for score in scores.values()])[:-1]
        pieces = np.split(flat, ends)
        kept = {path: piece.reshape(scores[path].shape) for path, piece in zip(scores, pieces, strict=True)}
    return {path: _spread(kept[path], kernel, block) for path, kernel in kernels.items()}


def _matrix(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1])


def _largest(scores: np.ndarray, sparsity: float) -> np.ndarray:
    """Whether each of `[item]` stays when `sparsity` of them, the smallest, go; ties go in order."""
    kept = np.ones(len(scores), bool)
    kept[np.argsort(scores, kind="stable")[: round(sparsity * len(scores))]] = False
    return kept


def _block_scores(kernel: np.ndarray, block: tuple[int, int]) -> np.ndarray:
    """Mean magnitude of each block, `[block row, block column]`; those at the edges may hold less."""
    matrix = np.abs(_matrix(kernel)).astype(np.float64)
    rows, columns = (np.arange(0, size, step) for size, step in zip(matrix.shape, block, strict=True))
    sums = np.add.reduceat(np.add.reduceat(matrix, rows, axis=0), columns, axis=1)
    sizes = np.outer(np.diff([*rows, matrix.shape[0]]), np.diff([*columns, matrix.shape[1]]))
    return sums / sizes


def _spread(kept: np.ndarray, kernel: np.ndarray, block: tuple[int, int]) -> np.ndarray:
    """Block by block decisions as a mask of the kernel's shape."""
    rows, columns = _matrix(kernel).shape
    mask = np.repeat(np.repeat(kept, block[0], axis=0), block[1], axis=1)[:rows, :columns]
    return mask.reshape(kernel.shape).astype(kernel.dtype)


def _two_of_four(kernel: np.ndarray) -> np.ndarray:
    matrix = np.abs(_matrix(kernel))
    whole = len(matrix) // 4 * 4
    groups = matrix[:whole].reshape(-1, 4, matrix.shape[1])
    rank = np.argsort(np.argsort(-groups, axis=1, kind="stable"), axis=1, kind="stable")
    mask = np.ones_like(matrix)
    mask[:whole] = (rank < 2).reshape(whole, -1)
    return mask.reshape(kernel.shape).astype(kernel.dtype)
