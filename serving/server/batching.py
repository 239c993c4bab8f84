"""One signature's calls: each request by itself, or rows of several requests in one call.

Everything here but the call itself runs in the event loop's thread, so nothing is locked.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from serving.inference import Arrays
from serving.server.errors import Code, RequestError
from serving.server.options import BatchingOptions
from serving.server.servable import Signature

Outputs = dict[str, np.ndarray]
# As TensorFlow's shared_batch_scheduler.h says it.
_FULL = "The batch scheduling queue to which this task was submitted is full"
# Python's threads wait for each other as long, by its default switch interval.
_SHORT_SECS = 0.005


class Runner:
    """Calls a signature in threads, a request at a time.

    Args:
      signature: what is called.
      executor: whose threads call it.
    """

    def __init__(self, signature: Signature, executor: Executor) -> None:
        self.signature = signature
        self._executor = executor

    async def run(self, inputs: Arrays) -> Outputs:
        """Outputs by name.

        Raises:
          RequestError: the signature does not take the inputs, the model fails, or too many requests wait.
        """
        self.signature.check(inputs)
        return await self._call(inputs)

    async def _call(self, inputs: Arrays) -> Outputs:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self.signature.run, inputs)


@dataclass
class _Task:
    """A request's rows, or as many of them as one batch takes."""

    inputs: Arrays
    size: int
    answer: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class BatchingRunner(Runner):
    """Calls a signature with the rows of all requests that wait for it.

    A batch is called when it is full, or when its first request has waited for the timeout; while all of the
    signature's threads are busy, requests gather. If a batch fails, its requests are called one by one, so that no
    request fails for another's rows.

    A request that is alone is called in the event loop's thread, where calls of as many rows have been short: handing
    it to another thread and back takes longer than some models do.

    Args:
      signature: what is called; its `mixes` is true.
      executor: whose threads call it.
      options: sizes and limits.
      on_batch: is told the rows of each call and how many requests still wait.
    """

    def __init__(
        self, signature: Signature, executor: Executor, options: BatchingOptions, on_batch: Callable[[int, int], None]
    ) -> None:
        super().__init__(signature, executor)
        self._options = options
        self._on_batch = on_batch
        self._waiting: deque[_Task] = deque()
        self._waiting_rows = 0
        self._calls: set[asyncio.Task] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_due = False
        # Calls of as many rows have been short.
        self._short_rows = 0

    async def run(self, inputs: Arrays) -> Outputs:
        self.signature.check(inputs)
        sizes = {len(array) for array in inputs.values()}
        if len(sizes) != 1 or 0 in sizes:
            # No batch of rows, for the model itself to refuse.
            return await self._call(inputs)
        [size] = sizes
        step = self._options.max_batch_size
        parts = [
            _Task({name: array[start : start + step] for name, array in inputs.items()}, min(step, size - start))
            for start in range(0, size, step)
        ]
        self._enqueue(parts)
        try:
            return _joined([await part.answer for part in parts])
        finally:
            # Of a request that was given up, or failed in its first part, nobody waits for the rest.
            for part in parts:
                part.answer.cancel()

    def _enqueue(self, parts: Sequence[_Task]) -> None:
        rows = self._waiting_rows + sum(part.size for part in parts)
        limit = self._options.max_enqueued_batches + self._options.num_batch_threads - len(self._calls)
        if math.ceil(rows / self._options.max_batch_size) > max(limit, len(parts) if not self._waiting else 0):
            raise RequestError(Code.UNAVAILABLE, _FULL)
        self._waiting.extend(parts)
        self._waiting_rows = rows
        if self._timer is None and not self._is_due:
            loop = asyncio.get_running_loop()
            # Even without a timeout not at once: what else the loop has received comes along.
            self._timer = loop.call_later(self._options.batch_timeout_micros / 1e6, self._fall_due)
        self._start_calls()

    def _fall_due(self) -> None:
        self._timer = None
        self._is_due = True
        self._start_calls()

    def _start_calls(self) -> None:
        while len(self._calls) < self._options.num_batch_threads and (
            self._waiting_rows >= self._options.max_batch_size or (self._is_due and self._waiting)
        ):
            batch = self._take_batch()
            if batch:
                call = asyncio.get_running_loop().create_task(self._answer(batch))
                self._calls.add(call)
                call.add_done_callback(self._end_call)
        if not self._waiting:
            self._is_due = False

    def _end_call(self, call: asyncio.Task) -> None:
        self._calls.discard(call)
        # What gathered in the meantime has waited long enough.
        self._is_due = bool(self._waiting) and self._timer is None
        self._start_calls()

    def _take_batch(self) -> list[_Task]:
        batch: list[_Task] = []
        rows = 0
        while self._waiting and rows + self._waiting[0].size <= self._options.max_batch_size:
            task = self._waiting.popleft()
            self._waiting_rows -= task.size
            if not task.answer.done():
                batch.append(task)
                rows += task.size
        return batch

    async def _answer(self, batch: Sequence[_Task]) -> None:
        try:
            outputs = await self._call_together(batch)
        except Exception as error:
            await self._answer_alone(batch, error)
            return
        start = 0
        for task in batch:
            if not task.answer.done():
                task.answer.set_result({name: value[start : start + task.size] for name, value in outputs.items()})
            start += task.size

    async def _answer_alone(self, batch: Sequence[_Task], error: Exception) -> None:
        for task in batch:
            try:
                outputs = await self._call(task.inputs) if len(batch) > 1 else None
            except Exception as own:
                error, outputs = own, None
            if task.answer.done():
                continue
            if outputs is None:
                task.answer.set_exception(error)
            else:
                task.answer.set_result(outputs)

    async def _call_together(self, batch: Sequence[_Task]) -> Outputs:
        rows = sum(task.size for task in batch)
        padded = next((size for size in self._options.allowed_batch_sizes if size >= rows), rows)
        self._on_batch(rows, len(self._waiting))
        inputs = {
            name: _with_rows([task.inputs[name] for task in batch], padded - rows) for name in self.signature.inputs
        }
        is_alone = len(batch) == 1 and not self._waiting and len(self._calls) == 1
        if is_alone and padded <= self._short_rows:
            outputs = self._run_timed(inputs, padded)
        else:
            loop = asyncio.get_running_loop()
            outputs = await loop.run_in_executor(self._executor, self._run_timed, inputs, padded)
        if any(not value.ndim or len(value) != padded for value in outputs.values()):
            raise RequestError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input "
                "tensors",
            )
        return outputs

    def _run_timed(self, inputs: Arrays, rows: int) -> Outputs:
        start_secs = time.perf_counter()
        outputs = self.signature.run(inputs)
        is_short = time.perf_counter() - start_secs <= _SHORT_SECS
        self._short_rows = max(self._short_rows, rows) if is_short else min(self._short_rows, rows - 1)
        return outputs


def _with_rows(arrays: Sequence[np.ndarray], missing: int) -> np.ndarray:
    """The arrays below each other, filled up with their first row, which the model takes."""
    if len(arrays) == 1 and not missing:
        return arrays[0]
    return np.concatenate([*arrays, *[arrays[0][:1]] * missing])


def _joined(parts: Sequence[Outputs]) -> Outputs:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
