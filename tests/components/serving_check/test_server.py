"""Servers that ServingCheck starts: one that is right, and one for each way not to be."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.serving_check.options import ServerCheckOptions
from components.serving_check.server import answer_findings, server_findings
from records.findings import Finding
from records.model_run import MODEL_FILE
from serving.model_server import OWN_SERVER, Ports, free_ports, running, server_command

PROGRAM = Path(__file__).with_name("model_server.py")
POINTS_CM = np.array([[-300.0, -200.0], [100.0, 200.0], [300.0, -200.0]], np.float32)


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> str:
    """The program, run by this Python."""
    script = tmp_path_factory.mktemp("program") / "tensorflow_model_server"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {PROGRAM} "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.fixture(autouse=True, scope="module")
def fault(tmp_path_factory) -> Iterator[Path]:
    """The file that says what is wrong with a program."""
    file = tmp_path_factory.mktemp("fault") / "fault"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULT_FILE", str(file))
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield file


@pytest.fixture(autouse=True)
def no_fault(fault) -> Iterator[None]:
    yield
    fault.unlink(missing_ok=True)


def serialized(point: np.ndarray) -> bytes:
    example = tf.train.Example()
    example.features.feature["point"].float_list.value.extend(point)
    return example.SerializeToString()


@pytest.fixture(scope="module")
def asked(points) -> dict[str, Any]:
    """What a server is asked, and what the trained model says."""
    outputs = points.task.load_model(f"{points.model_run.uri}/{MODEL_FILE}")({"point": POINTS_CM / 100})
    return {
        "requests": {
            "serving_default": {"examples": np.array([serialized(point) for point in POINTS_CM], object)},
            "predict": {"point": POINTS_CM / 100},
        },
        "expected": {name: value.numpy() for name, value in points.task.predictions(outputs).items()},
        "limit": 1e-4,
    }


def by_place(findings: list[Finding]) -> dict[tuple[str, str], Finding]:
    return {(finding.metric, finding.where): finding for finding in findings}


@pytest.fixture(scope="module")
def check(points, asked):
    """Starts servers of the model of Points; findings by (metric, where)."""

    def check(*servers: str, **options) -> dict[tuple[str, str], Finding]:
        saved_model = f"{points.model.uri}/Format-Serving"
        chosen = ServerCheckOptions(servers=servers, **options)
        return by_place(server_findings(chosen, saved_model=saved_model, warmup_examples=2, **asked))

    return check


@pytest.fixture(scope="module")
def ask(points, asked, program, tmp_path_factory):
    """Asks the program, which runs already, both ways."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copytree(f"{points.model.uri}/Format-Serving", folder / "points" / "1")
    ports = free_ports()
    urls = {
        "REST": f"http://127.0.0.1:{ports.rest}/v1/models/points",
        "gRPC": f"grpc://127.0.0.1:{ports.grpc}/points",
    }

    def is_ready() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", ports.rest)) == 0

    def ask(**options) -> dict[tuple[str, str], Finding]:
        chosen = ServerCheckOptions(**options)
        return by_place([each for way, url in urls.items() for each in answer_findings(url, way, chosen, **asked)])

    command = server_command(program, folder, "points", ports)
    with running(command, log=folder / "log", is_ready=is_ready, timeout_secs=100):
        yield ask


def refusing(findings: dict[tuple[str, str], Finding]) -> set[str]:
    return {f"{metric}; {where}" for (metric, where), finding in findings.items() if finding.refuses}


DIFFERENCE = "difference of {} from the trained model"
START = "seconds until it answers"
LATENCY = "p99 latency of one example, ms"
WAYS = ("REST", "gRPC")


def test_a_server_that_is_right_is_started_and_asked_both_ways_and_timed(check, program):
    findings = check(program, max_latency_ms=10_000, requests=100)
    assert refusing(findings) == set()
    name = "tensorflow_model_server"
    places = {f"{name}, {way} {signature}" for way in WAYS for signature in ("serving_default", "predict")}
    assert {where for metric, where in findings if metric == DIFFERENCE.format("probabilities")} == places
    assert {where for metric, where in findings if metric == LATENCY} == {f"{name}, {way}" for way in WAYS}
    assert 0 < findings[START, name].value < 120


@pytest.mark.parametrize("signature", ["serving_default", "predict"])
def test_a_server_that_says_something_else_is_refused_both_ways(ask, fault, signature):
    fault.write_text(f"wrong {signature}")
    assert {text.partition("; ")[2] for text in refusing(ask())} == {f"{way} {signature}" for way in WAYS}


def test_a_server_that_is_slow_is_refused(ask, fault):
    fault.write_text("slow")
    findings = ask(max_latency_ms=40, requests=100)
    assert refusing(findings) == {f"{LATENCY}; {way}" for way in WAYS}
    assert findings[LATENCY, "REST"].value >= 50


def test_a_way_that_does_not_answer_is_refused_and_says_why(ask, fault):
    fault.write_text("no gRPC")
    findings = ask(max_latency_ms=10_000)
    assert "INTERNAL: out of order" in findings[DIFFERENCE.format("outputs"), "gRPC predict"].value
    assert "INTERNAL: out of order" in findings[LATENCY, "gRPC"].value
    assert {text.partition("; ")[2].split()[0] for text in refusing(findings)} == {"gRPC"}


def test_a_server_that_ends_is_refused_with_what_it_wrote(check, program, fault):
    fault.write_text("ends")
    [finding] = check(program).values()
    assert finding.refuses
    assert "ended with exit code 1" in finding.value
    assert "no versions of servable found" in finding.value


def test_a_server_that_never_answers_is_refused_in_time(check, program, fault):
    fault.write_text("hangs")
    [finding] = check(program, max_start_secs=1).values()
    assert finding.refuses
    assert "did not answer within 1 s" in finding.value


def test_a_program_that_is_not_there_is_refused(check):
    [finding] = check("no_model_server").values()
    assert finding.refuses
    assert "cannot be started" in finding.value


def test_our_own_server_is_right(check):
    assert refusing(check(OWN_SERVER, max_latency_ms=10_000, requests=100)) == set()


def test_flags_are_those_of_tensorflow_model_server(tmp_path):
    command = server_command("tensorflow_model_server", tmp_path, "candidate", Ports(rest=1, grpc=2))
    assert command == [
        "tensorflow_model_server",
        "--port=2",
        "--rest_api_port=1",
        "--model_name=candidate",
        f"--model_base_path={tmp_path}/candidate",
    ]
