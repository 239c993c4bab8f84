"""Engines of Beam's, started for a test."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.commands import PROJECT

START_SECS = 60.0
FLINK = [str(PROJECT / "scripts" / "flink.sh")]


@contextlib.contextmanager
def portable(folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    """Beam's own job server, with workers in an external pool that finds the modules in `folder`."""
    jobs, pool = _free_port(), _free_port()
    commands = {
        "jobs": ["-m", "apache_beam.runners.portability.local_job_service_main", f"--port={jobs}"],
        "pool": ["-m", "pipeline.beam.worker_pool", str(folder), f"--port={pool}"],
    }
    with contextlib.ExitStack() as stack:
        for name, command in commands.items():
            log = stack.enter_context((logs / f"{name}.log").open("w"))
            process = subprocess.Popen([sys.executable, *command], stdout=log, stderr=log, cwd=PROJECT)
            stack.callback(_end, process)
        for port in (jobs, pool):
            _wait_for(port)
        environment = {"kind": "external", "address": f"localhost:{pool}"}
        yield {"engine": "portable", "job_endpoint": f"localhost:{jobs}", "environment": environment}


@contextlib.contextmanager
def flink(folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    """A standalone cluster of two task managers; skips the test where this machine lacks what it takes."""
    environment = {**os.environ, "FLINK_DIR": str(logs / "flink"), "PYTHON": sys.executable}
    up = subprocess.run([*FLINK, "up", str(folder)], capture_output=True, text=True, env=environment)
    if up.returncode:
        pytest.skip(up.stderr.strip().splitlines()[-1])
    try:
        yield yaml.safe_load(up.stdout)["beam"]
    finally:
        subprocess.run([*FLINK, "down"], check=True, env=environment)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_SECS
    while True:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    process.wait(timeout=30)
