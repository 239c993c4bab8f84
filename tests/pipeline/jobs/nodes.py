"""Nodes that do what a test tells them, for what happens between nodes that run side by side.

What a node does is a line of words: `meet:X` waits until node X has started, `log:WORD`, `reset:N` raises
ConnectionResetError in the first N starts, `refuse` as a gate does, `break` raises an error with a cause, `die` by
SIGKILL, `train` until SIGTERM as a training does, `train:once` only in the first start, `sleep`.
"""

import logging
import os
import signal
import time
from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.gates import GateRefused
from records.findings import Finding
from training.errors import Preempted
from training.preemption import Preemption

PATIENCE_SECS = 60.0


@component
def Source(  # noqa: N802 - as TFX's
    name: Parameter[str], folder: Parameter[str], does: Parameter[str], out: OutputArtifact[standard_artifacts.Model]
) -> None:
    """A node that reads no other."""
    _act(name, Path(folder), does)
    (Path(out.uri) / "made").write_text(name)


@component
def Step(  # noqa: N802 - as TFX's
    source: InputArtifact[standard_artifacts.Model],
    name: Parameter[str],
    folder: Parameter[str],
    does: Parameter[str],
    out: OutputArtifact[standard_artifacts.Model],
) -> None:
    """A node that reads another."""
    assert not list(Path(out.uri).iterdir())
    (Path(out.uri) / "made").write_text((Path(source.uri) / "made").read_text() + name)
    _act(name, Path(folder), does)


def starts(folder: Path, name: str) -> list[int]:
    """The ids of the processes in which a node started, once for each start."""
    path = folder / name
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for_start(folder: Path, name: str, count: int = 1) -> int:
    """Until a node has started so often; the process of the last start."""
    deadline = time.monotonic() + PATIENCE_SECS
    while len(starts(folder, name)) < count:
        assert time.monotonic() < deadline, f"{name} never started"
        time.sleep(0.005)
    return starts(folder, name)[-1]


def _act(name: str, folder: Path, does: str) -> None:
    count = len(starts(folder, name)) + 1
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\n")
    for word in does.split():
        verb, _, argument = word.partition(":")
        if verb == "meet":
            wait_for_start(folder, argument)
        elif verb == "log":
            logging.getLogger("slipway.test").info(argument)
        elif verb == "reset" and count <= int(argument):
            raise ConnectionResetError(104, "Connection reset by peer")
        elif verb == "refuse":
            finding = Finding(
                gate="data", metric="examples", where="", value=1, limit=">= 2", passed=False, advice="Get more."
            )
            raise GateRefused([finding], "Get more.")
        elif verb == "break":
            raise RuntimeError("broken") from KeyError("the cause")
        elif verb == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif verb == "train" and (argument != "once" or count == 1):
            _train()
        elif verb == "sleep":
            time.sleep(PATIENCE_SECS)


def _train() -> None:
    """As a training does it that heeds SIGTERM."""
    deadline = time.monotonic() + PATIENCE_SECS
    with Preemption() as preemption:
        while not preemption.requested:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        raise Preempted("SIGTERM came. A checkpoint of step 7 is there.")
