"""What a writer can be given."""
# ruff: noqa: B027 What a writer has no place for is left out: the methods that do nothing are meant to.

import abc
from collections.abc import Mapping, Sequence

import numpy as np
from tensorflow.types.experimental import ConcreteFunction

HParam = bool | int | float | str


class Writer(abc.ABC):
    """Writes what training measures. A kind of data that a writer has no place for is left out.

    `step` is the number of optimizer steps done. Nothing is touched on disk before the first call.
    """

    @abc.abstractmethod
    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name; one that is NaN or infinite is data too."""

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """The distribution of all elements of each array, of any shape."""

    def images(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Images `[image, height, width, channel]` of floats in [0, 1], of 1, 3 or 4 channels."""

    def pr_curves(self, step: int, values: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Precision over recall of (labels, scores): bools `[example]` and floats in [0, 1] `[example]`."""

    def confusion_matrix(self, step: int, counts: np.ndarray, names: Sequence[str]) -> None:
        """How many examples of each class were taken for which: integers `[label, prediction]`, and class names."""

    def embeddings(self, step: int, name: str, vectors: np.ndarray, labels: Sequence[str]) -> None:
        """Vectors `[example, dim]` and each example's label; those of an earlier step under this name are replaced."""

    def graph(self, function: ConcreteFunction) -> None:
        """The operations of a traced function."""

    def hparams(self, values: Mapping[str, HParam]) -> None:
        """The hyperparameters of this run."""

    def text(self, step: int, values: Mapping[str, str]) -> None:
        """Markdown by name."""

    def flush(self) -> None:
        """Returns when all that was given can be read by others."""

    def close(self) -> None:
        """Flushes and ends writing; no call may follow."""
