"""One client, and the loaded model beside it, by turns: `python -m benchmarks.serving_latency` reads what from stdin.

In: one line of JSON, the fields of `Turns`. Out: one line, the milliseconds of each call by who answered. The turns are
short, so that what the machine does meanwhile meets all of them alike.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

IN_PROCESS, REST, GRPC = "in process", "REST", "gRPC"
_WARM_UP = 200


@dataclass(frozen=True, kw_only=True)
class Turns:
    """What is asked.

    Attributes:
      saved_model: the version that the server answers with.
      rest_port, grpc_port: of the server.
      model: its name there.
      values: the row.
      turns: of each of the three.
      calls: of a turn.
    """

    saved_model: str
    rest_port: int
    grpc_port: int
    model: str
    values: list[float]
    turns: int = 20
    calls: int = 100


def latencies_ms(turns: Turns) -> dict[str, list[float]]:
    """Of each call, by who answered; in a process of its own, since it loads the model."""
    command = [sys.executable, "-m", "benchmarks.serving_latency"]
    given = json.dumps(asdict(turns)) + "\n"
    output = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(output)


def _by_turns(turns: Turns) -> dict[str, list[float]]:
    ask = {IN_PROCESS: _in_process(turns), REST: _over_rest(turns), GRPC: _over_grpc(turns)}
    for call in ask.values():
        for _ in range(_WARM_UP):
            call()
    found: dict[str, list[float]] = {name: [] for name in ask}
    for _ in range(turns.turns):
        for name, call in ask.items():
            for _ in range(turns.calls):
                start_secs = time.perf_counter()
                call()
                found[name].append((time.perf_counter() - start_secs) * 1000)
    return found


def _in_process(turns: Turns) -> Callable[[], Any]:
    from serving.saved_model import SavedModel

    model = SavedModel(turns.saved_model, signature="serving_default")
    row = np.array([turns.values], np.float32)
    return lambda: model.predict({"x": row})["y"][0, 0]


def _over_rest(turns: Turns) -> Callable[[], float]:
    """By a socket: a library's own time would be counted, too."""
    connection = socket.create_connection(("127.0.0.1", turns.rest_port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"instances": [turns.values]}).encode()
    head = f"POST /v1/models/{turns.model}:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body

    def call() -> float:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        return json.loads(body)["predictions"][0][0]

    return call


def _over_grpc(turns: Turns) -> Callable[[], float]:
    import grpc

    from benchmarks.serving_grpc import predict_request, stub_of

    stub = stub_of(grpc.insecure_channel(f"127.0.0.1:{turns.grpc_port}"))
    request = predict_request(turns.model, turns.values)
    return lambda: stub.Predict(request).outputs["y"].float_val[0]


if __name__ == "__main__":
    print(json.dumps(_by_turns(Turns(**json.loads(sys.stdin.readline())))))
