"""The base of writers that hand on to other writers."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow.types.experimental import ConcreteFunction

from training.writers.base import HParam, Writer


class ForwardingWriter(Writer):
    """Turns each call into one of `forward`."""

    @abc.abstractmethod
    def forward(self, method: str, *args: Any) -> None:
        """Calls the method of that name of whatever this writer hands on to."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self.forward("scalars", step, values)

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        self.forward("histograms", step, values)

    def images(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        self.forward("images", step, values)

    def pr_curves(self, step: int, values: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self.forward("pr_curves", step, values)

    def confusion_matrix(self, step: int, counts: np.ndarray, names: Sequence[str]) -> None:
        self.forward("confusion_matrix", step, counts, names)

    def embeddings(self, step: int, name: str, vectors: np.ndarray, labels: Sequence[str]) -> None:
        self.forward("embeddings", step, name, vectors, labels)

    def graph(self, function: ConcreteFunction) -> None:
        self.forward("graph", function)

    def hparams(self, values: Mapping[str, HParam]) -> None:
        self.forward("hparams", values)

    def text(self, step: int, values: Mapping[str, str]) -> None:
        self.forward("text", step, values)

    def flush(self) -> None:
        self.forward("flush")

    def close(self) -> None:
        self.forward("close")
