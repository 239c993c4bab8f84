"""Limits, access and the log of requests, on servers with options of their own."""

import datetime
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
import tensorflow as tf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from serving.server.options import ServerOptions
from serving.server.process import ServerError, check_tls
from tests.serving.server.halves import running

BODY = {"instances": [1.0]}


def options(registry: Any, **given: Any) -> ServerOptions:
    return ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05, drain_secs=5, **given)


def predict(channel: grpc.Channel, metadata: Any = None) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0]))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    return stub.Predict(request, timeout=30, metadata=metadata)


def test_a_token(registry):
    with running(options(registry, token="secret")) as server:
        url = f"http://127.0.0.1:{server.ports.rest}"
        path = f"{url}/v1/models/half:predict"
        assert requests.post(path, json=BODY, timeout=30).status_code == 401
        assert requests.post(path, json=BODY, headers={"Authorization": "Bearer wrong"}, timeout=30).status_code == 401
        assert requests.get(f"{url}/monitoring/prometheus/metrics", timeout=30).status_code == 401
        assert requests.post(path, json=BODY, headers={"Authorization": "Bearer secret"}, timeout=30).ok
        with grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel:
            with pytest.raises(grpc.RpcError) as raised:
                predict(channel)
            assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
            assert predict(channel, [("authorization", "Bearer secret")]).outputs["y"].float_val[0] == 3.5
            # A probe has no token.
            assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30).status == 1


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def test_tls(registry, tmp_path):
    file, key = certificate(tmp_path)
    given = options(registry, tls_certificate=str(file), tls_key=str(key))
    check_tls(given)
    with running(given) as server:
        url = f"https://localhost:{server.ports.rest}/v1/models/half:predict"
        assert requests.post(url, json=BODY, verify=str(file), timeout=30).json() == {"predictions": [3.5]}
        with pytest.raises(requests.ConnectionError):
            requests.post(url.replace("https", "http"), json=BODY, timeout=30)
        credentials = grpc.ssl_channel_credentials(file.read_bytes())
        with grpc.secure_channel(f"localhost:{server.ports.grpc}", credentials) as channel:
            assert predict(channel).outputs["y"].float_val[0] == 3.5


def test_files_that_are_no_certificate(registry, tmp_path):
    (tmp_path / "a.pem").write_text("nothing")
    with pytest.raises(ServerError, match=r"must be PEM files that belong together. Received: .*a\.pem"):
        check_tls(options(registry, tls_certificate=str(tmp_path / "a.pem"), tls_key=str(tmp_path / "a.pem")))


@pytest.mark.parametrize("which", ["rest_port", "grpc_port"])
def test_a_port_that_is_taken(registry, which):
    import asyncio

    from serving.server.process import serving

    async def start(port: int) -> None:
        ports = {"rest_port": 0, "grpc_port": 0, which: port}
        async with serving(ServerOptions(registry=str(registry.root), **ports)):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"a port must be free. Received: 127.0.0.1:{port}"):
            asyncio.run(start(port))


def blocked(server: Any, seen: threading.Event, leave: threading.Event) -> None:
    """Makes the model's calls wait."""
    signature = server.catalog.find("half").runners["serving_default"].signature
    call = signature.call

    def wait(inputs: Any) -> Any:
        seen.set()
        assert leave.wait(10)
        return call(inputs)

    object.__setattr__(signature, "call", wait)


def test_too_many_requests(registry):
    seen, leave = threading.Event(), threading.Event()
    with running(options(registry, max_requests=1)) as server:
        blocked(server, seen, leave)
        url = f"http://127.0.0.1:{server.ports.rest}/v1/models/half:predict"
        first: list[requests.Response] = []
        thread = threading.Thread(target=lambda: first.append(requests.post(url, json=BODY, timeout=30)))
        thread.start()
        assert seen.wait(10)
        refused = requests.post(url, json=BODY, timeout=30)
        with grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel, pytest.raises(grpc.RpcError) as raised:
            predict(channel)
        leave.set()
        thread.join()
    assert refused.status_code == 503
    assert refused.json() == {"error": "1 requests are under way, the most that may be"}
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    assert first[0].json() == {"predictions": [3.5]}


def test_a_request_that_takes_too_long(registry):
    seen, leave = threading.Event(), threading.Event()
    with running(options(registry, timeout_secs=0.1)) as server:
        blocked(server, seen, leave)
        started = time.monotonic()
        response = requests.post(f"http://127.0.0.1:{server.ports.rest}/v1/models/half:predict", json=BODY, timeout=30)
        assert time.monotonic() - started < 5
        leave.set()
    assert response.status_code == 504
    assert response.json() == {"error": "the request took longer than 0.1 s"}


def test_the_access_log(registry, capfd):
    with running(options(registry, access_log=True)) as server:
        url = f"http://127.0.0.1:{server.ports.rest}/v1/models"
        requests.post(f"{url}/half:predict", json=BODY, headers={"X-Request-Id": "mine"}, timeout=30)
        requests.post(f"{url}/other:predict", json=BODY, timeout=30)
        with grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel:
            predict(channel, [("x-request-id", "yours")])
    first, second, third = (json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{"))
    assert (first["request_id"], first["model"], first["version"], first["status"]) == ("mine", "half", 1, "OK")
    assert (first["entrypoint"], first["api"], first["ms"] > 0) == ("REST", "predict", True)
    assert (second["status"], second["error"]) == ("NOT_FOUND", "Servable not found for request: Latest(other)")
    assert second["request_id"]
    assert (third["request_id"], third["entrypoint"]) == ("yours", "GRPC")
