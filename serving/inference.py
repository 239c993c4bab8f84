"""One way to run a model, whatever file it lies in."""

import abc
import time
from collections.abc import Callable, Mapping

import numpy as np

from serving.latency_histogram import LatencyHistogram
from serving.tensor_info import ModelInputError, TensorInfo

Arrays = Mapping[str, np.ndarray]


class InferenceModel(abc.ABC):
    """A model under one signature; inputs and outputs go by the signature's names and are real values.

    Attributes:
      inputs: `{name: TensorInfo}`, shapes at the file's own batch size.
      outputs: the same for the outputs.
      latencies: latencies of the calls of `predict`.
    """

    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]

    def __init__(self) -> None:
        self.latencies = LatencyHistogram()

    @property
    def own_batch_size(self) -> int | None:
        """The batch size that the file is fixed to; None where it takes any."""
        return next(iter(self.inputs.values())).shape[0]

    def predict(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Runs the model on a batch of any size; a graph that cannot be widened to it is run several times.

        Args:
          inputs: `{name: [batch, ...]}`, real values.

        Returns:
          `{name: [batch, ...]}`, real values.

        Raises:
          ModelInputError: names, shapes, types or values are not what the model takes.
        """
        arrays, batch_size = self._check_inputs(inputs)
        step = batch_size if self._widen(batch_size) else self.own_batch_size or batch_size
        if batch_size % step:
            raise ModelInputError(
                f"the batch size must be a multiple of {step}. Received: {batch_size}. Pad the batch."
            )
        start_secs = time.perf_counter()
        chunks = [
            self._run({name: values[start : start + step] for name, values in arrays.items()})
            for start in range(0, batch_size, step)
        ]
        outputs = chunks[0]
        if len(chunks) > 1:
            outputs = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in self.outputs}
        self.latencies.record(time.perf_counter() - start_secs)
        return outputs

    def prepare(self, inputs: Arrays) -> Callable[[], object]:
        """Sets the inputs and returns what runs the graph on them, and nothing else: what to measure latency of.

        Args:
          inputs: `{name: [batch, ...]}`, real values.

        Raises:
          ModelInputError: as in `predict`, or the graph holds another batch size in a constant.
        """
        arrays, batch_size = self._check_inputs(inputs)
        if not self._widen(batch_size):
            raise ModelInputError(
                f"the batch size must be {self.own_batch_size}, which the graph holds in a constant. "
                f"Received: {batch_size}. Take a batch of that size, or reshape with -1 in the model."
            )
        return self._bind(arrays)

    def warm_up(self, inputs: Arrays, *, rounds: int = 3) -> None:
        """Runs the model without counting it: the first calls allocate memory, trace and choose kernels.

        Raises:
          ModelInputError: as in `prepare`.
        """
        run = self.prepare(inputs)
        for _ in range(rounds):
            run()

    @abc.abstractmethod
    def _widen(self, batch_size: int) -> bool:
        """Makes the graph ready for a batch size; False where it cannot be, and stays at its own."""

    @abc.abstractmethod
    def _bind(self, arrays: Arrays) -> Callable[[], object]:
        """See `prepare`."""

    @abc.abstractmethod
    def _run(self, arrays: Arrays) -> dict[str, np.ndarray]:
        """Runs a batch that the graph is ready for."""

    def _check_inputs(self, inputs: Arrays) -> tuple[dict[str, np.ndarray], int]:
        if set(inputs) != set(self.inputs):
            raise ModelInputError(
                f"inputs must be named {sorted(self.inputs)}. Received: {sorted(inputs)}. Name all, and only these."
            )
        arrays = {name: np.asarray(values) for name, values in inputs.items()}
        for name, tensor in self.inputs.items():
            tensor.check(arrays[name])
        sizes = {len(values) for values in arrays.values()}
        if len(sizes) != 1:
            raise ModelInputError(
                f"inputs must have one batch size. Received: {sorted(sizes)}. Give as many examples of each."
            )
        return arrays, sizes.pop()
