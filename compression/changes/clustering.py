"""Weight clustering: a kernel's weights share few values, which are trained on."""

from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from sklearn.cluster import KMeans

from compression.changes.kernels import prunable_kernels
from compression.recipe import ClusteringOptions
from training.hooks import Hook
from training.records import StepsRecord

# Of a weight that stays zero.
ZERO = -1


class Tied(keras.constraints.Constraint):
    """Keeps the weights of a cluster equal, once there are clusters: Keras's optimizers apply constraints after each
    step, and the training step hands gradients to `gradient` before it."""

    def __init__(self, variable: keras.Variable, clusters: int) -> None:
        # What the variable was held to before, such as the zeros of pruning.
        self._before = variable.constraint
        self._clusters = clusters
        self._is_on = tf.Variable(False, trainable=False)
        self._numbers = tf.Variable(tf.zeros(variable.shape, tf.int32), trainable=False)

    @property
    def variables(self) -> list[tf.Variable]:
        """Whether there are clusters, and which weight is in which."""
        return [self._is_on, self._numbers]

    @property
    def is_on(self) -> bool:
        """Whether there are clusters."""
        return bool(tf.convert_to_tensor(self._is_on))

    def tie(self, numbers: np.ndarray) -> None:
        """From now on weights of one number, `[...]` of the variable's shape, are one weight; `ZERO` stays zero."""
        self._numbers.assign(numbers)
        self._is_on.assign(True)

    def __call__(self, w: keras.Variable) -> tf.Tensor:
        held = tf.convert_to_tensor(w if self._before is None else self._before(w))
        return tf.cond(self._is_on, lambda: self._spread(tf.math.unsorted_segment_mean, held), lambda: held)

    def gradient(self, gradient: tf.Tensor) -> tf.Tensor:
        """Of a shared value: the sum over the weights that share it (Han et al., equation 3)."""
        return tf.cond(self._is_on, lambda: self._spread(tf.math.unsorted_segment_sum, gradient), lambda: gradient)

    def _spread(self, reduce: tf.types.experimental.GenericFunction, values: tf.Tensor) -> tf.Tensor:
        # Negative numbers are no segment's.
        shared = reduce(values, self._numbers, self._clusters)
        return tf.where(self._numbers == ZERO, 0.0, tf.gather(shared, tf.maximum(self._numbers, 0)))


class Clustering(Hook):
    """Clusters the kernels of a model in training, and trains the shared values on; `finish` says when it is over.

    Source: Han, Mao, Dally, "Deep Compression", ICLR 2016, section 3: k-means of each layer's trained weights, which
    keep their cluster from then on.
    """

    def __init__(self, model: keras.Model, options: ClusteringOptions, *, begin_step: int) -> None:
        """Args:
        model: built; its kernels get constraints, on top of those that they have.
        options: how many clusters, and of which layers none.
        begin_step: when clusters are made, such as once pruning is done.

        Raises:
          LayerPatternError: a pattern fits no layer, or no kernel is left to cluster.
        """
        self._options = options
        self._begin_step = begin_step
        self._kernels = prunable_kernels(model, options.exclude, option="cluster.exclude")
        self._ties = {path: Tied(kernel, options.clusters) for path, kernel in self._kernels.items()}
        for path, kernel in self._kernels.items():
            kernel.constraint = self._ties[path]
        if begin_step <= 0:
            self._cluster()

    @property
    def variables(self) -> list[tf.Variable]:
        return [variable for tie in self._ties.values() for variable in tie.variables]

    @property
    def _is_clustered(self) -> bool:
        return next(iter(self._ties.values())).is_on

    def on_steps(self, record: StepsRecord) -> None:
        if not self._is_clustered and record.step >= self._begin_step:
            self._cluster()

    def finish(self) -> None:
        """Makes the clusters if training ended before it was time, and leaves the model without constraints."""
        if not self._is_clustered:
            self._cluster()
        for kernel in self._kernels.values():
            kernel.constraint = None

    def _cluster(self) -> None:
        for path, kernel in self._kernels.items():
            self._ties[path].tie(cluster_numbers(kernel.numpy(), self._options))
            kernel.assign(self._ties[path](kernel))


def cluster_numbers(kernel: np.ndarray, options: ClusteringOptions) -> np.ndarray:
    """The cluster of each weight, `[...]` of the kernel's shape, below `options.clusters`; `ZERO` for zeros to keep.

    The clusters are those of k-means over all weights of the kernel.
    """
    is_zero = (kernel == 0) & options.keep_zeros
    weights = kernel[~is_zero].astype(np.float64)
    # Zero is a value too.
    count = min(options.clusters - bool(is_zero.any()), len(np.unique(weights)))
    numbers = np.full(kernel.shape, ZERO, np.int32)
    if count:
        begin = initial_centroids(weights, count, options.init)
        numbers[~is_zero] = KMeans(count, init=begin[:, np.newaxis], n_init=1).fit_predict(weights[:, np.newaxis])
    return numbers


def initial_centroids(weights: np.ndarray, count: int, init: Literal["linear", "density"]) -> np.ndarray:
    """Where k-means of `[weight]` begins, `[cluster]`.

    Source: Han et al., the same, section 3.2, which finds that evenly spaced ones serve best: few weights are large,
    and those matter most.
    """
    if init == "linear":
        return np.linspace(weights.min(), weights.max(), count)
    return np.quantile(weights, (np.arange(count) + 0.5) / count)
