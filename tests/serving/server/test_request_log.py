import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from serving.server.batching import Runner
from serving.server.options import RequestLogOptions, ServerOptions
from serving.server.request_log import LoggedRunner, RequestLog
from serving.server.servable import Signature
from tests.serving.server.halves import REGRESS, running


def records(directory: Path) -> list[dict[str, Any]]:
    """Values of each record's features."""
    found = []
    for file in sorted(directory.glob("requests-*.tfrecord")):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            example = tf.train.Example.FromString(record)
            found.append(
                {
                    name: list(getattr(feature, feature.WhichOneof("kind")).value)
                    for name, feature in example.features.feature.items()
                }
            )
    return found


def test_examples_and_tensors(registry, tmp_path):
    started = time.time()
    request_log = RequestLogOptions(directory=str(tmp_path / "log"), rate=1)
    options = ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0, request_log=request_log)
    with running(options) as server:
        url = f"http://127.0.0.1:{server.ports.rest}/v1/models/half"
        requests.post(f"{url}:predict", json={"instances": [1.0, 2.0]}, timeout=30)
        body = {"signature_name": REGRESS, "examples": [{"x": 3.0}]}
        requests.post(f"{url}/versions/2:regress", json=body, timeout=30)
        requests.post(f"{url}:predict", json={"instances": [-2000.0]}, timeout=30)
    first, second, third = records(tmp_path / "log")
    assert [each["x"] for each in (first, second, third)] == [[1.0], [2.0], [3.0]]
    assert [each["request/version"] for each in (first, second, third)] == [[1], [1], [2]]
    assert first["request/model"] == [b"half"]
    assert first["request/signature"] == [b"serving_default"]
    assert third["request/signature"] == [REGRESS.encode()]
    assert 0 < first["request/latency_ms"][0] < 30_000
    assert first["request/time"][0] == pytest.approx(started, abs=200)


def runner(log: RequestLog) -> LoggedRunner:
    signature = Signature(name="s", inputs={}, outputs={}, definition=meta_graph_pb2.SignatureDef(), call=dict)
    return LoggedRunner(Runner(signature, ThreadPoolExecutor(1)), log, "half", 1)


def offer(log: RequestLog, count: int) -> None:
    asked = runner(log)
    for number in range(count):
        log.offer(asked, "half", 1, {"x": np.array([number])}, 0.001)


def test_a_sample(tmp_path):
    log = RequestLog(RequestLogOptions(directory=str(tmp_path), rate=0.2))
    offer(log, 900)
    log.close()
    # 180 expected, standard deviation 12.
    assert 120 < len(records(tmp_path)) < 240


def test_files_are_rotated_and_bounded(tmp_path):
    log = RequestLog(RequestLogOptions(directory=str(tmp_path), rate=1, file_bytes=2000, files=3))
    offer(log, 300)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 3
    assert all(file.stat().st_size < 3000 for file in files)
    assert records(tmp_path)[-1]["x"] == [299]


def test_nobody_waits_for_a_disk(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    log = RequestLog(RequestLogOptions(directory=str(tmp_path / "file" / "log"), rate=1))
    started = time.monotonic()
    offer(log, 3000)
    assert time.monotonic() - started < 1
    log.close()
    assert caplog.text.count("requests cannot be logged, and are served as ever") == 1


def test_what_a_runner_answers_is_what_the_inner_one_does(tmp_path):
    log = RequestLog(RequestLogOptions(directory=str(tmp_path), rate=1))

    async def ask() -> Any:
        return await runner(log).run({})

    assert asyncio.run(ask()) == {}
    log.close()
