"""A model server as a process of its own, for as long as it is needed."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# The server that comes with us; any other name is a program that takes tensorflow_model_server's flags.
OWN_SERVER = "slipway"
_POLL_SECS = 0.1
# After SIGTERM.
_STOP_SECS = 15


class ModelServerError(RuntimeError):
    """A server that did not come up; the message ends with the last it wrote."""

    title = "Model server"
    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where a server listens on this machine."""

    rest: int
    grpc: int


def free_ports() -> Ports:
    """Two ports that nobody listens at; whoever is quick may take them before the server does."""
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return Ports(rest=first.getsockname()[1], grpc=second.getsockname()[1])


def server_command(server: str, registry: Path, model: str, ports: Ports) -> list[str]:
    """The command that serves the production version of a model, the only one of its registry.

    Args:
      server: `slipway`, or a program that takes the flags of `tensorflow_model_server` (model_servers/main.cc).
      registry: its directory.
      model: its name there.
      ports: where to listen.
    """
    if server == OWN_SERVER:
        program = str(Path(sys.executable).with_name(OWN_SERVER))
        return [program, "serve", str(registry), f"--rest-port={ports.rest}", f"--grpc-port={ports.grpc}"]
    return [
        server,
        f"--port={ports.grpc}",
        f"--rest_api_port={ports.rest}",
        f"--model_name={model}",
        f"--model_base_path={registry / model}",
    ]


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    is_ready: Callable[[], bool],
    timeout_secs: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[float]:
    """Starts a server, and ends it; inside, it answers. Gives the seconds that it took to.

    Args:
      command: the program and its arguments.
      log: file for what it writes.
      is_ready: whether the model can be asked.
      timeout_secs: for it to become ready.
      clock: seconds, monotonic.

    Raises:
      ModelServerError: it could not be started, ended by itself, or was not ready in time.
    """
    start = clock()
    with log.open("wb") as file:
        try:
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise ModelServerError(f"it cannot be started: {error}") from None
    try:
        while not is_ready():
            if process.poll() is not None:
                raise ModelServerError(f"it ended with exit code {process.returncode}: {_end_of(log)}")
            if clock() - start > timeout_secs:
                raise ModelServerError(f"it did not answer within {timeout_secs:g} s: {_end_of(log)}")
            time.sleep(_POLL_SECS)
        yield clock() - start
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_of(log: Path) -> str:
    text = " ".join(log.read_text(errors="replace").split())
    return text[-300:] or "it wrote nothing"
