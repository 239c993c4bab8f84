"""Which weights magnitude pruning sets to zero."""

from collections.abc import Mapping

import numpy as np

from compression.recipe import PruningOptions


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
