"""Requests that no client of good will sends, and what a server answers."""

import contextlib
import json
import random
import socket
from collections import Counter

import grpc

SEED = 0
MUTATIONS = 1500
HUGE_BYTES = 100_000_000
SLOW_SENDERS = 100
_BODY = json.dumps({"instances": [[0.5] * 64]}).encode()
_PIECES = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b"NaN",
    b"-Infinity",
    b"null",
    b"true",
    b"1e999",
    b"\x00",
    b"\xff",
    b'{"b64":"A"}',
    b",",
)
_BODIES = (
    b"",
    b"\xff\xfe",
    b"[" * 900_000,
    b'{"inputs":' + b"[" * 500_000 + b"]" * 500_000,
    b'{"instances": [' + b"1e400," * 1000 + b"1]}",
    b'{"instances": [[' + b"9" * 5000 + b"]]}",
    b'{"instances": [{"x": null}]}',
    b'{"signature_name": "__saved_model_init_op", "instances": [1]}',
    b'{"signature_name": {"a": 1}, "instances": [1]}',
    b'{"inputs": {"x": {"b64": "%%%"}}}',
    b'{"examples": [{"x": 1}]}',
    b" " * 2_000_000,
)
_PATHS = (
    "/v1/models/{}:predict",
    "/v1/models/{}:classify",
    "/v1/models/{}:regress",
    "/v1/models/{}/versions/99999999999999999999999:predict",
    "/v1/models/{}/labels/%00%ff:predict",
    "/v1/models/..%2f..%2fetc:predict",
    "/v1/models/",
    "/v1/" + "a" * 5000,
    "/../../etc/passwd",
)
_RAW = (
    b"\x16\x03\x01\x02\x00",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST /v1/models/x:predict HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/models/x:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /v1/models/x:predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /v1/models/x HTTP/1.1\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n",
)


def status_counts(rest_port: int, grpc_port: int, model: str) -> Counter[int]:
    """How often each HTTP status was answered; gRPC's INTERNAL and UNKNOWN count as 500, what has no answer as 0."""
    rng = random.Random(SEED)
    counts: Counter[int] = Counter()
    for path in _PATHS:
        for body in _BODIES:
            counts[_post(rest_port, path.format(model), body)] += 1
    for _ in range(MUTATIONS):
        counts[_post(rest_port, f"/v1/models/{model}:predict", _mutated(rng))] += 1
    for raw in _RAW:
        counts[_send(rest_port, raw)] += 1
        _send(grpc_port, raw)
    counts[_post(rest_port, f"/v1/models/{model}:predict", b" " * HUGE_BYTES)] += 1
    with contextlib.ExitStack() as slow:
        # Whoever sends half of a request and no more keeps nobody else from an answer.
        for _ in range(SLOW_SENDERS):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", rest_port), timeout=20))
            connection.sendall(_request(f"/v1/models/{model}:predict", _BODY)[:-10])
        counts[_post(rest_port, f"/v1/models/{model}:predict", _BODY)] += 1
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        predict = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        for _ in range(MUTATIONS):
            counts[_call(predict, _mutated_message(rng, model))] += 1
    return counts


def _mutated(rng: random.Random) -> bytes:
    body = bytearray(_BODY)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(body))
        body[place : place + rng.randint(0, 8)] = rng.choice(_PIECES)
    return bytes(body)


def _mutated_message(rng: random.Random, model: str) -> bytes:
    from tensorflow.core.framework import types_pb2
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    tensor = request.inputs["x"]
    tensor.dtype = rng.choice(types_pb2.DataType.values())
    for _ in range(rng.randint(0, 4)):
        tensor.tensor_shape.dim.add(size=rng.choice([-1, 0, 1, 2, 64, 2**31, 2**62]))
    tensor.float_val.extend([0.5] * rng.choice([0, 1, 64]))
    tensor.tensor_content = rng.randbytes(rng.choice([0, 3, 256]))
    message = bytearray(request.SerializeToString())
    if rng.random() < 0.3:
        message[rng.randrange(len(message))] = rng.randrange(256)
    return bytes(message)


def _post(port: int, path: str, body: bytes) -> int:
    return _send(port, _request(path, body))


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _send(port: int, raw: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        except OSError:
            return 0
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def _call(predict: grpc.UnaryUnaryMultiCallable, message: bytes) -> int:
    try:
        predict(message, timeout=20)
    except grpc.RpcError as error:
        return 500 if error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN) else 400
    return 200
