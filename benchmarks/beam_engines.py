"""Engines of Beam's, started on this machine for a test or a benchmark."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import yaml

PROJECT = Path(__file__).resolve().parents[1]
START_SECS = 60.0
FLINK = [str(PROJECT / "scripts" / "flink.sh")]

# Given a folder of modules that workers are to find, and one for logs: the section `beam` for a config.
Engine: TypeAlias = Callable[[Path, Path], AbstractContextManager[dict[str, Any]]]


class MissingEngineError(RuntimeError):
    """An engine that this machine cannot start, with what it lacks."""


@contextlib.contextmanager
def portable(folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    """Beam's own job server, with workers in an external pool that finds the modules in `folder`."""
    port = _free_port()
    server = [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main", f"--port={port}"]
    with _job_server(server, port, folder, logs) as section:
        yield section


@contextlib.contextmanager
def prism(folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    """Beam's Prism, from PATH or named by PRISM, with workers in an external pool.

    Raises:
      MissingEngineError: there is none.
    """
    binary = shutil.which(os.environ.get("PRISM", "prism"))
    if binary is None:
        raise MissingEngineError(f"Prism is not on PATH, nor named by PRISM. Received: {os.environ.get('PRISM')}")
    port = _free_port()
    server = [binary, f"--job_port={port}", "--serve_http=false"]
    with _job_server(server, port, folder, logs) as section:
        yield section


@contextlib.contextmanager
def flink(folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    """A standalone cluster of two task managers.

    Raises:
      MissingEngineError: this machine lacks what it takes.
    """
    environment = {**os.environ, "FLINK_DIR": str(logs / "flink"), "PYTHON": sys.executable}
    up = subprocess.run([*FLINK, "up", str(folder)], capture_output=True, text=True, env=environment)
    if up.returncode:
        raise MissingEngineError(up.stderr.strip().splitlines()[-1])
    try:
        yield yaml.safe_load(up.stdout)["beam"]
    finally:
        subprocess.run([*FLINK, "down"], check=True, env=environment)


ENGINES: Mapping[str, Engine] = {"portable": portable, "prism": prism, "flink": flink}


@contextlib.contextmanager
def _job_server(server: Sequence[str], port: int, folder: Path, logs: Path) -> Iterator[dict[str, Any]]:
    pool = _free_port()
    workers = [sys.executable, "-m", "pipeline.beam.worker_pool", str(folder), f"--port={pool}"]
    with contextlib.ExitStack() as stack:
        for name, command in {"jobs": server, "pool": workers}.items():
            log = stack.enter_context((logs / f"{name}.log").open("w"))
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT)
            stack.callback(_end, process)
        for answering in (port, pool):
            _wait_for(answering)
        environment = {"kind": "external", "address": f"localhost:{pool}"}
        yield {"engine": "portable", "job_endpoint": f"localhost:{port}", "environment": environment}


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
