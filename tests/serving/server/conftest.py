from pathlib import Path

import pytest

from serving.registry import Registry
from serving.server.options import ServerOptions
from tests.serving.server.halves import push, running, save_half_plus


@pytest.fixture(scope="session")
def half_plus_two(tmp_path_factory) -> Path:
    return save_half_plus(tmp_path_factory.mktemp("half_plus_two") / "model", 2)


@pytest.fixture(scope="session")
def half_plus_three(tmp_path_factory) -> Path:
    return save_half_plus(tmp_path_factory.mktemp("half_plus_three") / "model", 3)


@pytest.fixture(scope="module")
def registry(tmp_path_factory, half_plus_two, half_plus_three) -> Registry:
    """Model half: version 1 adds 3 and is production, version 2 adds 2 and is canary, version 3 is a candidate."""
    made = Registry(tmp_path_factory.mktemp("registry"))
    push(made, half_plus_three, "three")
    push(made, half_plus_two, "two", "canary")
    push(made, half_plus_two, "candidate", "candidate")
    return made


@pytest.fixture(scope="module")
def server(registry):
    options = ServerOptions(
        registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05, max_body_bytes=100_000
    )
    with running(options) as running_server:
        yield running_server
