"""Batching of a signature that is a function here, in the loop of the test."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tensorflow.core.protobuf import meta_graph_pb2

from serving.server.batching import BatchingRunner, Runner
from serving.server.errors import Code, RequestError, invalid
from serving.server.options import BatchingOptions
from serving.server.servable import Signature
from serving.tensor_info import TensorInfo


def doubled(x: np.ndarray) -> np.ndarray:
    if (x < 0).any():
        raise invalid("x must not be negative")
    return x * 2


class Doubling:
    """A signature that doubles, and says which batches it got; it waits for `go` where one is given."""

    def __init__(
        self, go: threading.Event | None = None, *, function: Callable[[np.ndarray], np.ndarray] = doubled
    ) -> None:
        self.batches: list[list[float]] = []
        self._go = go
        self._function = function

    def __call__(self, inputs: Any) -> dict[str, np.ndarray]:
        if self._go is not None:
            assert self._go.wait(10)
        self.batches.append(inputs["x"].tolist())
        return {"y": self._function(inputs["x"])}

    def signature(self) -> Signature:
        x, y = (TensorInfo(name=name, shape=(None,), dtype=np.dtype("float32")) for name in "xy")
        return Signature(
            name="double", inputs={"x": x}, outputs={"y": y}, definition=meta_graph_pb2.SignatureDef(), call=self
        )


def answers(doubling: Doubling, options: BatchingOptions, *requests: list[float], during: Any = None) -> list[Any]:
    """What concurrent requests are answered."""

    async def ask() -> list[Any]:
        with ThreadPoolExecutor(2) as threads:
            runner = BatchingRunner(doubling.signature(), threads, options, lambda rows, waiting: None)
            asked = [asyncio.create_task(runner.run({"x": np.array(each, np.float32)})) for each in requests]
            if during is not None:
                await during(asked)
            return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(ask())
    return [each["y"].tolist() if isinstance(each, dict) else each for each in found]


def test_requests_that_come_together_go_together():
    doubling = Doubling()
    assert answers(doubling, BatchingOptions(max_batch_size=8), [1.0], [2.0, 3.0], [4.0]) == [[2.0], [4.0, 6.0], [8.0]]
    assert doubling.batches == [[1.0, 2.0, 3.0, 4.0]]


def test_a_batch_has_a_greatest_size():
    doubling = Doubling()
    assert answers(doubling, BatchingOptions(max_batch_size=3), [1.0, 2.0], [3.0, 4.0], [5.0]) == [
        [2.0, 4.0],
        [6.0, 8.0],
        [10.0],
    ]
    assert doubling.batches == [[1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_request_that_is_larger_is_split():
    """As enable_large_batch_splitting of session_bundle_config.proto does."""
    doubling = Doubling()
    assert answers(doubling, BatchingOptions(max_batch_size=2), [1.0, 2.0, 3.0]) == [[2.0, 4.0, 6.0]]
    assert doubling.batches == [[1.0, 2.0], [3.0]]


def test_batches_are_padded_to_the_allowed_sizes():
    """allowed_batch_sizes of session_bundle_config.proto; the padding is a row that the model takes."""
    doubling = Doubling()
    options = BatchingOptions(max_batch_size=8, allowed_batch_sizes=(2, 4, 8))
    assert answers(doubling, options, [1.0, 2.0, 3.0]) == [[2.0, 4.0, 6.0]]
    assert doubling.batches == [[1.0, 2.0, 3.0, 1.0]]


@pytest.mark.parametrize("sizes", [(4, 2), (2, 2, 8), (2, 4)])
def test_allowed_sizes_ascend_to_the_greatest(sizes):
    with pytest.raises(ValueError, match="allowed_batch_sizes must ascend to max_batch_size, 8"):
        BatchingOptions(max_batch_size=8, allowed_batch_sizes=sizes)


def test_a_batch_waits_for_its_timeout():
    doubling = Doubling()

    async def later(asked: list[Any]) -> None:
        await asyncio.sleep(0.05)
        assert doubling.batches == []

    options = BatchingOptions(max_batch_size=8, batch_timeout_micros=150_000)
    assert answers(doubling, options, [1.0], [2.0], during=later) == [[2.0], [4.0]]
    assert doubling.batches == [[1.0, 2.0]]


def test_a_full_batch_does_not_wait():
    doubling = Doubling()
    options = BatchingOptions(max_batch_size=2, batch_timeout_micros=60_000_000)
    assert answers(doubling, options, [1.0], [2.0]) == [[2.0], [4.0]]


def test_a_wrong_row_fails_its_own_request_only():
    doubling = Doubling()
    first, second, third = answers(doubling, BatchingOptions(max_batch_size=8), [1.0], [-1.0], [2.0])
    assert (first, third) == ([2.0], [4.0])
    assert isinstance(second, RequestError)
    assert second.message == "x must not be negative"


def test_a_full_queue_refuses():
    """UNAVAILABLE, in the words of TensorFlow's shared_batch_scheduler.h."""
    go = threading.Event()
    doubling = Doubling(go)

    async def open_gate(asked: list[Any]) -> None:
        await asyncio.sleep(0.05)
        assert [task.done() for task in asked] == [False, False, False, True]
        go.set()

    options = BatchingOptions(max_batch_size=1, max_enqueued_batches=2)
    found = answers(doubling, options, [1.0], [2.0], [3.0], [4.0], during=open_gate)
    assert found[:3] == [[2.0], [4.0], [6.0]]
    assert found[3].code is Code.UNAVAILABLE
    assert found[3].message == "The batch scheduling queue to which this task was submitted is full"


def test_a_request_that_is_given_up_is_not_run():
    go = threading.Event()
    doubling = Doubling(go)

    async def give_up(asked: list[Any]) -> None:
        await asyncio.sleep(0.05)
        asked[1].cancel()
        await asyncio.sleep(0)
        go.set()

    found = answers(doubling, BatchingOptions(max_batch_size=1), [1.0], [2.0], [3.0], during=give_up)
    assert (found[0], found[2]) == ([2.0], [6.0])
    assert isinstance(found[1], asyncio.CancelledError)
    assert doubling.batches == [[1.0], [3.0]]


def test_outputs_that_have_no_row_for_each_input():
    """batching_session.cc refuses such a batch; alone, each request gets what the model says."""

    doubling = Doubling(function=lambda x: x.sum(keepdims=True))
    assert answers(doubling, BatchingOptions(), [1.0, 2.0], [3.0]) == [[3.0], [3.0]]


def test_a_lone_request_is_called_where_it_came_once_calls_are_known_to_be_short():
    """After a long call, or with more rows than are known to be short, it goes to a thread again."""
    threads: list[str] = []
    secs: list[float] = []

    def timed(x: np.ndarray) -> np.ndarray:
        threads.append(threading.current_thread().name.split("_")[0])
        time.sleep(secs[len(threads) - 1])
        return x

    async def ask(*requests: list[float]) -> None:
        with ThreadPoolExecutor(1, "model") as executor:
            runner = BatchingRunner(
                Doubling(function=timed).signature(), executor, BatchingOptions(), lambda rows, waiting: None
            )
            for each in requests:
                await runner.run({"x": np.array(each, np.float32)})

    secs[:] = [0, 0, 0.05, 0, 0, 0]
    asyncio.run(ask([1.0], [1.0], [1.0], [1.0], [1.0], [1.0, 2.0]))
    assert threads == ["model", "MainThread", "MainThread", "model", "MainThread", "model"]


def test_requests_that_come_together_are_called_in_a_thread():
    threads = []

    def told(x: np.ndarray) -> np.ndarray:
        threads.append(threading.current_thread().name.split("_")[0])
        return x

    async def ask() -> None:
        with ThreadPoolExecutor(1, "model") as executor:
            runner = BatchingRunner(
                Doubling(function=told).signature(), executor, BatchingOptions(), lambda rows, waiting: None
            )
            for together in (2, 1, 2):
                rows = [runner.run({"x": np.ones(1, np.float32)}) for _ in range(together)]
                await asyncio.gather(*rows)

    asyncio.run(ask())
    assert threads == ["model", "MainThread", "model"]


def test_without_batching_each_request_is_a_call():
    doubling = Doubling()

    async def ask() -> None:
        with ThreadPoolExecutor(1) as threads:
            runner = Runner(doubling.signature(), threads)
            await asyncio.gather(*(runner.run({"x": np.array([each], np.float32)}) for each in (1, 2)))

    asyncio.run(ask())
    assert doubling.batches == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("inputs", "outputs", "mixes"),
    [
        ({"image": (None, 8, 8, 1)}, {"logits": (None, 10)}, True),
        ({"a": (None, 2), "b": (None,)}, {"y": (None, None)}, True),
        ({"support": (None, None, 28), "query": (None, None, 28)}, {"y": (None, None, 5)}, False),
        ({"x": (1, 8)}, {"y": (1, 2)}, False),
        ({"x": (None, 8)}, {"loss": ()}, False),
        ({"x": ()}, {"y": ()}, False),
    ],
)
def test_which_signatures_are_mixed(inputs, outputs, mixes):
    def info(shapes: dict[str, tuple[int | None, ...]]) -> dict[str, TensorInfo]:
        return {name: TensorInfo(name=name, shape=shape, dtype=np.dtype("float32")) for name, shape in shapes.items()}

    signature = Signature(
        name="s", inputs=info(inputs), outputs=info(outputs), definition=meta_graph_pb2.SignatureDef(), call=dict
    )
    assert signature.mixes is mixes
