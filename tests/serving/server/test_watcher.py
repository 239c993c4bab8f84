"""Versions that come, go, fail and are rolled back, in registries on disk."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.registry import Registry
from serving.server.options import ServerOptions
from serving.server.process import Running
from tests.serving.server.halves import push, running


@pytest.fixture
def registry(tmp_path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def start(registry) -> Iterator[Callable[..., Any]]:
    def started(**options: Any) -> Any:
        return running(
            ServerOptions(
                registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05, drain_secs=5, **options
            )
        )

    return started


def answer(server: Running, target: str = "") -> float | int:
    """What half of 0 and something is, or the status of what is answered instead."""
    url = f"http://127.0.0.1:{server.ports.rest}/v1/models/half{target}:predict"
    response = requests.post(url, json={"instances": [0.0]}, timeout=30)
    return response.json()["predictions"][0] if response.ok else response.status_code


def soon(found: Callable[[], Any], wanted: Any, secs: float = 10) -> None:
    end = time.monotonic() + secs
    while (last := found()) != wanted:
        assert time.monotonic() < end, last
        time.sleep(0.02)


def states(server: Running) -> dict[int, str]:
    return {number: version.state for number, version in server.catalog.models["half"].versions.items()}


def test_a_push_and_a_rollback_move_traffic(start, registry, half_plus_two, half_plus_three):
    push(registry, half_plus_three, "three")
    with start() as server:
        assert answer(server) == 3
        push(registry, half_plus_two, "two")
        soon(lambda: answer(server), 2)
        soon(lambda: states(server), {1: "END", 2: "AVAILABLE"})
        registry.rollback("half")
        started = time.monotonic()
        soon(lambda: answer(server), 3)
        assert time.monotonic() - started < 2
        soon(lambda: states(server), {1: "AVAILABLE", 2: "END"})


def test_labels_follow_the_stages(start, registry, half_plus_two, half_plus_three):
    push(registry, half_plus_three, "three")
    push(registry, half_plus_two, "two", "candidate")
    with start() as server:
        assert answer(server, "/labels/canary") == 400
        registry.label("half", 2, "canary")
        soon(lambda: answer(server, "/labels/canary"), 2)
        assert answer(server) == 3
        registry.label("half", 2, "production")
        soon(lambda: answer(server, "/labels/production"), 2)
        assert answer(server, "/labels/canary") == 400


@pytest.mark.parametrize(("policy", "default", "served"), [("latest", 2, {2}), ("all", 3, {1, 2}), ("1", 3, {1})])
def test_policies(start, registry, half_plus_two, half_plus_three, policy, default, served):
    push(registry, half_plus_three, "three")
    push(registry, half_plus_two, "two", "candidate")
    with start(policy=policy) as server:
        assert answer(server) == default
        assert set(states(server)) == served


def test_a_version_that_cannot_be_loaded_leaves_the_old_one(start, registry, half_plus_three, tmp_path, caplog):
    push(registry, half_plus_three, "three")
    broken = tmp_path / "broken"
    shutil.copytree(half_plus_three, broken)
    (broken / "saved_model.pb").write_bytes(b"\x00nothing")
    with start() as server:
        push(registry, broken, "broken")
        soon(lambda: states(server).get(2), "END")
        assert answer(server) == 3
        assert answer(server, "/labels/production") == 3
        status = requests.get(f"http://127.0.0.1:{server.ports.rest}/v1/models/half/versions/2", timeout=30).json()
        [found] = status["model_version_status"]
        assert found["status"]["error_code"] == "UNKNOWN"
        assert "must be a readable SavedModel" in found["status"]["error_message"]
        assert "half 2 could not be loaded, version 1 goes on serving" in caplog.text


def test_a_request_under_way_ends_on_the_old_version(start, registry, half_plus_two, half_plus_three):
    push(registry, half_plus_three, "three")
    with start() as server:
        version = server.catalog.find("half")
        entered, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with version.in_use():
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        entered.wait(10)
        push(registry, half_plus_two, "two")
        soon(lambda: answer(server), 2)
        soon(lambda: states(server)[1], "UNLOADING")
        assert version.runners
        leave.set()
        thread.join()


def test_models_that_come_and_go(start, registry, half_plus_two, half_plus_three):
    push(registry, half_plus_three, "three")
    with start() as server:
        registry.push("other", push_key="o", saved_model=half_plus_two, stage="production")
        soon(lambda: sorted(server.catalog.models), ["half", "other"])
        shutil.rmtree(registry.root / "half")
        soon(lambda: answer(server), 404)


def test_a_registry_that_cannot_be_read_goes_on(start, registry, half_plus_three, caplog):
    push(registry, half_plus_three, "three")
    index = Path(registry.root) / "half" / "index.json"
    with start() as server:
        kept = index.read_text()
        index.write_text("{")
        soon(lambda: "the registry cannot be read, what is loaded goes on serving" in caplog.text, True)
        assert answer(server) == 3
        index.write_text(kept)


def test_a_version_is_warmed_up(start, registry, half_plus_three, tmp_path):
    """saved_model_warmup.cc: a version that fails on its warm-up requests is not served."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    def write(folder: str, name: str) -> Path:
        model = tmp_path / folder
        shutil.copytree(half_plus_three, model)
        log = prediction_log_pb2.PredictionLog()
        log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto([1.0]))
        path = model / "assets.extra" / "tf_serving_warmup_requests"
        path.parent.mkdir()
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(log.SerializeToString())
        return model

    push(registry, write("good", "x"), "good")
    push(registry, write("bad", "z"), "bad")
    with start(policy="all") as server:
        assert states(server) == {1: "AVAILABLE", 2: "END"}
        assert "input size does not match signature" in server.catalog.models["half"].versions[2].error
        assert answer(server, "/versions/1") == 3
