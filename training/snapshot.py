"""The whole state of training at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

Variables = Mapping[str, Sequence[keras.Variable | tf.Variable]]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """State at the end of a step.

    Attributes:
      tensors: values of the variables, by owner.
      state: all else, JSON-serializable.
      is_finite: whether every float value is a finite number.
    """

    tensors: Mapping[str, Sequence[tf.Tensor]]
    state: Mapping[str, Any]
    is_finite: bool = field(compare=False)


class Snapshots:
    """Takes and restores snapshots of the same variables.

    Taking one copies nothing: a variable's buffer is shared until the next step writes it, which then takes a new one.
    """

    def __init__(self, variables: Variables) -> None:
        self._variables = {owner: [_tf_variable(v) for v in owned] for owner, owned in variables.items()}
        self._read = tf.function(self._read_in_graph)

    def take(self, state: Mapping[str, Any]) -> Snapshot:
        """The variables' present values beside `state`."""
        tensors, is_finite = self._read()
        return Snapshot(tensors=tensors, state=state, is_finite=bool(is_finite))

    def restore(self, snapshot: Snapshot) -> None:
        """Gives the variables the values of a snapshot."""
        for owner, variables in self._variables.items():
            for variable, value in zip(variables, snapshot.tensors[owner], strict=True):
                variable.assign(value)

    def _read_in_graph(self) -> tuple[dict[str, list[tf.Tensor]], tf.Tensor]:
        tensors = {owner: [tf.convert_to_tensor(v) for v in owned] for owner, owned in self._variables.items()}
        # A sum is finite when all of its terms are; it takes one pass and no temporary.
        sums = [tf.reduce_sum(t) for owned in tensors.values() for t in owned if t.dtype.is_floating]
        return tensors, tf.reduce_all([tf.math.is_finite(tf.cast(total, tf.float32)) for total in sums])


def _tf_variable(variable: keras.Variable | tf.Variable) -> tf.Variable:
    return variable.value if isinstance(variable, keras.Variable) else variable
