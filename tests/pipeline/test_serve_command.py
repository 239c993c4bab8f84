"""`slipway serve`: what it refuses, and the real process from its start to its end."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from pipeline.cli import cli
from serving.registry import Registry
from tests.serving.registry_sample import sample_push


@pytest.fixture
def root(tmp_path) -> Path:
    Registry(tmp_path / "registry").push("half", **sample_push(tmp_path / "files", "one"), stage="production")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "other"], "--model must be one of half. Received: other."),
        (["--versions", "newest"], "a policy must be production, latest, all, or numbers of versions"),
        (["--allowed-batch-sizes", "2,4"], "allowed_batch_sizes must ascend to max_batch_size, 64"),
        (["--allowed-batch-sizes", "2,x"], "--allowed-batch-sizes must be numbers such as 8,32,64. Received: 2,x."),
        (["--tls-key", "key.pem"], "--tls-certificate and --tls-key must come together"),
        (["--token-file", "missing"], "--token-file must be readable"),
    ],
)
def test_what_is_refused(root, arguments, message):
    result = CliRunner().invoke(cli, ["serve", str(root), *arguments])
    assert result.exception is not None
    assert message in str(result.exception)
    assert result.exception.exit_code == 2


def test_a_place_without_models(tmp_path):
    result = CliRunner().invoke(cli, ["serve", str(tmp_path)])
    assert "ROOT_OR_REGISTRY must be a root or a registry that a model was pushed to" in str(result.exception)


@pytest.mark.e2e
def test_a_process_that_drains(tmp_path):
    """It answers, reads the registry of a root, and is ended under load: no request that was taken is cut off."""
    from tests.serving.server.halves import push, save_half_plus

    push(Registry(tmp_path / "registry"), save_half_plus(tmp_path / "model", 3), "three")
    command = [sys.executable, "-m", "pipeline.cli", "serve", str(tmp_path), "--rest-port", "0", "--grpc-port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0] == "half  version 1 (production 1)\n"
        url = lines[1].split()[1].replace("MODEL", "half")
        outcomes: list[object] = []
        clients = [threading.Thread(target=_ask_until_it_ends, args=(url, outcomes)) for _ in range(4)]
        for client in clients:
            client.start()
        while len(outcomes) < 20:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(60)
        assert process.wait(60) == 0
    assert set(map(str, outcomes)) == {"[3.5]"}


def _ask_until_it_ends(url: str, outcomes: list[object]) -> None:
    with requests.Session() as session:
        while True:
            try:
                response = session.post(url, json={"instances": [1.0]}, timeout=30)
            except requests.ConnectionError as error:
                # Nobody listens any more; anything else is an answer that was cut off.
                if "Connection refused" not in str(error):
                    outcomes.append(error)
                return
            outcomes.append(response.json().get("predictions", response.text))
