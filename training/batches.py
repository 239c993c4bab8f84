"""Reading the train batches from any step on, and saying which one was bad."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from training.errors import BadBatchError, TrainingError

# Batches without end, or a function from the number of steps done to those that come after.
Train: TypeAlias = tf.data.Dataset | Callable[[int], tf.data.Dataset]

# What TensorFlow raises for a record that is broken, does not parse, or has another shape than the model's input.
_BAD_DATA = (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.OutOfRangeError)


class BatchReader:
    """An iterator over train batches that can be set to any step."""

    def __init__(self, train: Train, feed: Callable[[tf.data.Dataset], Iterable[Any]]) -> None:
        self._train = train
        self._feed = feed
        self._iterator: Iterator | None = None
        self._step = -1

    def after(self, step: int) -> Iterator:
        """The batches that come after `step` steps: those under way, if they stand there."""
        if self._iterator is None or self._step != step:
            self._iterator = iter(self._feed(self._dataset(step)))
            self._step = step
        return self._iterator

    def advance(self, steps: int) -> None:
        """Is told that the steps took that many batches."""
        self._step += steps

    @contextmanager
    def explaining(self, step: int, count: int) -> Iterator[None]:
        """Inside this context, what TensorFlow says of a batch it cannot read becomes a BadBatchError."""
        try:
            yield
        except _BAD_DATA as error:
            if "unsupported operations" in str(error.message):
                raise TrainingError(
                    f"With step.jit_compile, XLA must know every operation. Received: {_reason(error)}. Set it "
                    f"to false, or leave out what uses the operation."
                ) from error
            where = f"step {step + 1}" if count == 1 else f"one of the steps {step + 1} to {step + count}"
            reason = _reason(error)
            if isinstance(error, tf.errors.OutOfRangeError):
                reason = "the train batches came to an end; they must repeat without one"
            raise BadBatchError(
                f"Every train batch must be readable and of the same shape. Received, at {where}: {reason}. Look at "
                f"the examples that Transform wrote, or at the dataset that was given."
            ) from error

    def check_finite(self, first: int, last: int) -> None:
        """Reads the batches of the steps `first` to `last` again. Raises BadBatchError where one holds no number."""
        for step, batch in enumerate(self._dataset(first - 1).take(last - first + 1), start=first):
            for number, tensor in enumerate(tf.nest.flatten(batch)):
                values = np.asarray(tensor)
                bad = int(np.size(values) - np.isfinite(values).sum()) if values.dtype.kind == "f" else 0
                if bad:
                    raise BadBatchError(
                        f"Every train batch must hold finite numbers. Received: {bad} NaN or infinite values in the "
                        f"batch of step {step}, tensor {number} of shape {list(values.shape)}. Mend the source or what "
                        f"preprocesses it; a data gate on the feature would stop it before training."
                    )

    def _dataset(self, step: int) -> tf.data.Dataset:
        if isinstance(self._train, tf.data.Dataset):
            return self._train.skip(step) if step else self._train
        return self._train(step)


def _reason(error: tf.errors.OpError) -> str:
    """What an operation said, without the trace of where in the graph it stands."""
    said = re.search(r"([^\n]+)\n\s*\[\[\{\{node", str(error.message))
    if said:
        return said.group(1).strip()
    lines = [line.strip() for line in str(error.message).splitlines()]
    return next((line for line in lines if line and line != "Graph execution error:"), "no reason given")
