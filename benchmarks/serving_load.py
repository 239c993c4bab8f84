"""Clients of a model server, as a process of their own: `python -m benchmarks.serving_load` reads a load from stdin.

In: one line of JSON, the fields of `Load`. Out: one line, those of `Outcome`.
"""

import asyncio
import importlib
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Load:
    """What clients do.

    Attributes:
      port: of the server.
      protocol: `rest` or `grpc`.
      model: name of the model.
      values: the row that is asked for.
      clients: how many ask, one request after the other.
      requests: in all.
      secs: or for so long, if more than 0.
      per_sec: in all, at even distances; 0 for as many as get answered.
    """

    port: int
    protocol: str = "rest"
    model: str = ""
    values: list[float] = field(default_factory=list)
    clients: int = 1
    requests: int = 0
    secs: float = 0
    per_sec: float = 0


@dataclass
class Outcome:
    """What clients got.

    Attributes:
      secs: from the first request to the last answer.
      latencies_ms: of each answer.
      statuses: how many of each; 0 for a connection that was cut off, -1 for one that nobody took any more.
      signs: seconds since the epoch of the last answer of either sign.
    """

    secs: float = 0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    signs: dict[str, float] = field(default_factory=dict)


def start(load: Load) -> "subprocess.Popen[str]":
    """Clients that have begun."""
    command = [sys.executable, "-m", "benchmarks.serving_load"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(load)) + "\n")
    process.stdin.flush()
    return process


def finish(process: "subprocess.Popen[str]") -> Outcome:
    """What they got, when they are done."""
    text, _ = process.communicate()
    return Outcome(**json.loads(text))


class _Clients:
    def __init__(self, load: Load) -> None:
        self._load = load
        self._left = load.requests or sys.maxsize
        self._statuses: Counter[str] = Counter()
        self._outcome = Outcome()

    async def run(self) -> Outcome:
        if self._load.protocol == "grpc":
            # Imports TensorFlow, which is none of the load.
            importlib.import_module("benchmarks.serving_grpc")
        start_secs = time.perf_counter()
        self._end_secs = start_secs + self._load.secs if self._load.secs else float("inf")
        client = self._grpc if self._load.protocol == "grpc" else self._rest
        await asyncio.gather(*(client(number) for number in range(self._load.clients)))
        self._outcome.secs = time.perf_counter() - start_secs
        self._outcome.statuses = dict(self._statuses)
        return self._outcome

    def _is_next(self) -> bool:
        self._left -= 1
        return self._left >= 0 and time.perf_counter() < self._end_secs

    async def _pace(self, number: int, sent: int, first_secs: float) -> float:
        """Waits for the request's time; returns it, which its latency counts from, also where the client is late."""
        if not self._load.per_sec:
            return time.perf_counter()
        due_secs = first_secs + (sent * self._load.clients + number) / self._load.per_sec
        await asyncio.sleep(max(0, due_secs - time.perf_counter()))
        return due_secs

    def _count(self, status: int, value: float, start_secs: float) -> None:
        self._statuses[str(status)] += 1
        if status == 200:
            self._outcome.latencies_ms.append((time.perf_counter() - start_secs) * 1000)
            self._outcome.signs["-" if value < 0 else "+"] = time.time()

    async def _rest(self, number: int) -> None:
        body = json.dumps({"instances": [self._load.values]}).encode()
        head = f"POST /v1/models/{self._load.model}:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
        request = f"{head}\r\n\r\n".encode() + body
        connection: Any = None
        first_secs, sent = time.perf_counter(), 0
        while self._is_next():
            start_secs = await self._pace(number, sent, first_secs)
            sent += 1
            try:
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", self._load.port)
            except ConnectionRefusedError:
                self._statuses["-1"] += 1
                return
            try:
                status, value, goes_on = await _exchange(connection, request)
            except (OSError, asyncio.IncompleteReadError):
                self._statuses["0"] += 1
                connection = None
                continue
            self._count(status, value, start_secs)
            if not goes_on:
                connection[1].close()
                connection = None

    async def _grpc(self, number: int) -> None:
        import grpc

        from benchmarks.serving_grpc import predict_request, stub_of

        request = predict_request(self._load.model, self._load.values)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self._load.port}") as channel:
            stub = stub_of(channel)
            first_secs, sent = time.perf_counter(), 0
            while self._is_next():
                start_secs = await self._pace(number, sent, first_secs)
                sent += 1
                try:
                    response = await stub.Predict(request)
                    self._count(200, response.outputs["y"].float_val[0], start_secs)
                except grpc.aio.AioRpcError as error:
                    self._statuses[error.code().name] += 1


async def _exchange(connection: Any, request: bytes) -> tuple[int, float, bool]:
    """Status, value and whether the connection stays."""
    reader, writer = connection
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n", 1)[0])
    body = json.loads(await reader.readexactly(length))
    status = int(head.split(" ", 2)[1])
    return status, body["predictions"][0][0] if status == 200 else 0.0, "connection: close" not in head


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_Clients(Load(**json.loads(sys.stdin.readline()))).run()))))
