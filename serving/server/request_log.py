"""A sample of the answered requests, as TFRecord files of tf.Examples: for statistics, drift and new training data.

A record is the example that was sent, or the row of tensors by the names of the inputs, and beside its features
`request/model`, `request/version`, `request/signature`, `request/latency_ms` and `request/time` (seconds since 1970).
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from serving.inference import Arrays
from serving.server.batching import Outputs, Runner
from serving.server.options import RequestLogOptions

log = logging.getLogger(__name__)
# Requests that wait to be written; further ones are not logged.
_QUEUE_SIZE = 1000
# Inputs that hold serialized tf.Examples, by the names that TensorFlow and Slipway give them.
_EXAMPLE_INPUTS = ("examples", "inputs")


@dataclass(frozen=True)
class _Request:
    model: str
    version: int
    signature: str
    inputs: Arrays
    latency_ms: float
    time_secs: float

    def records(self) -> Iterator[bytes]:
        """A serialized tf.Example for each row."""
        about = _serialized(
            {
                "request/model": np.array([self.model.encode()], object),
                "request/version": np.array([self.version]),
                "request/signature": np.array([self.signature.encode()], object),
                "request/latency_ms": np.array([self.latency_ms]),
                "request/time": np.array([self.time_secs]),
            }
        )
        arrays = dict(self.inputs)
        for row in range(min((len(array) if array.ndim else 1 for array in arrays.values()), default=0)):
            [name, array], *more = arrays.items()
            if not more and name in _EXAMPLE_INPUTS and array.dtype.kind == "O" and array.ndim == 1:
                example = array[row]
            else:
                example = _serialized({name: array[row] if array.ndim else array for name, array in arrays.items()})
            # Two messages one after the other are read as one with the features of both.
            yield example + about


def _serialized(features: Arrays) -> bytes:
    example = tf.train.Example()
    for name, values in features.items():
        flat, feature = np.ravel(values), example.features.feature[name]
        if flat.dtype.kind == "f":
            feature.float_list.value.extend(flat.tolist())
        elif flat.dtype.kind == "O":
            feature.bytes_list.value.extend(flat.tolist())
        else:
            # Those beyond an int64 are the same 64 bits.
            feature.int64_list.value.extend(flat.astype(np.int64).tolist())
    return example.SerializeToString()


class RequestLog:
    """Writes in a thread of its own; what it cannot write soon enough is left out, and no request waits for it.

    Args:
      options: where, how often, and how much.
    """

    def __init__(self, options: RequestLogOptions) -> None:
        self._options = options
        self._queue: queue.Queue[_Request | None] = queue.Queue(_QUEUE_SIZE)
        self._dropped = 0
        self._failure = ""
        self._thread = threading.Thread(target=self._write_all, name="request-log", daemon=True)
        self._thread.start()

    def offer(self, runner: Runner, model: str, version: int, inputs: Arrays, secs: float) -> None:
        """Logs a request that was answered, if it is one of the sample."""
        if random.random() >= self._options.rate:
            return
        try:
            self._queue.put_nowait(_Request(model, version, runner.signature.name, inputs, secs * 1000, time.time()))
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Writes what waits, and ends."""
        self._queue.put(None)
        self._thread.join()
        if self._dropped:
            log.warning("%d requests of the sample were not logged, for they came faster than written", self._dropped)

    def _write_all(self) -> None:
        writer: tf.io.TFRecordWriter | None = None
        written = 0
        while (request := self._queue.get()) is not None:
            try:
                if writer is None:
                    writer, written = tf.io.TFRecordWriter(str(self._next_file())), 0
                for record in request.records():
                    writer.write(record)
                    written += len(record)
                if self._queue.empty():
                    writer.flush()
                if written >= self._options.file_bytes:
                    writer.close()
                    writer = None
            # Whatever it was, the next request may be written.
            except Exception as error:
                self._tell(str(error))
                writer = None
        if writer is not None:
            writer.close()

    def _next_file(self) -> Path:
        directory = Path(self._options.directory)
        directory.mkdir(parents=True, exist_ok=True)
        known = sorted(directory.glob("requests-*.tfrecord"))
        for old in known[: max(0, len(known) - self._options.files + 1)]:
            old.unlink(missing_ok=True)
        return directory / f"requests-{time.time_ns():020d}.tfrecord"

    def _tell(self, failure: str) -> None:
        if failure != self._failure:
            log.error("requests cannot be logged, and are served as ever: %s", failure)
        self._failure = failure


class LoggedRunner(Runner):
    """Calls a signature, and offers what was answered to a log.

    Args:
      inner: what calls the signature.
      log: the log.
      model: name of the model.
      version: number of the version.
    """

    def __init__(self, inner: Runner, log: RequestLog, model: str, version: int) -> None:
        self.signature = inner.signature
        self._inner = inner
        self._log = log
        self._model = model
        self._version = version

    async def run(self, inputs: Arrays) -> Outputs:
        start_secs = time.perf_counter()
        outputs = await self._inner.run(inputs)
        self._log.offer(self, self._model, self._version, inputs, time.perf_counter() - start_secs)
        return outputs
