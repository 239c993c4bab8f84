"""Runs of pipelines, from Python."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from components.gates import GateRefused
from pipeline.errors import RunError, UsageError
from pipeline.run_request import RunAnswer, RunRequest
from records.findings import Finding
from records.run import RECORD_FILE
from records.stores import is_uri
from slipway.frames import source_of

HOME = Path(__file__).resolve().parents[1]
# Not -m, which puts the working directory first, where a `data` of the user's hides ours.
_CHILD = f"import sys; sys.path[:1] = [{str(HOME)!r}]; from pipeline.run_process import main; main(sys.argv[1])"
# How long a run that was interrupted together with us may take to end, before it is told so.
_GRACE_SECS = 10


@dataclass(frozen=True)
class Run:
    """A run that is over, by its record.

    Attributes:
      path: directory of the run, ROOT/runs/ID.
    """

    path: Path

    @property
    def file(self) -> Path:
        """The file of the record."""
        return self.path / RECORD_FILE

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def root(self) -> Path:
        """The pipeline's root: what other runs, the registry and `slipway report` go by."""
        return self.path.parents[1]

    @cached_property
    def record(self) -> dict[str, Any]:
        """All of `summary.json`; see `records.run.RunRecord`."""
        return json.loads(self.file.read_text())

    @property
    def state(self) -> str:
        """`done`, `refused`, `failed` or `interrupted`."""
        return self.record["state"]

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics of the trained model, `test_` before the names of the task's; and `parameters`."""
        return self.record["metrics"]

    @property
    def gates(self) -> tuple[Finding, ...]:
        """The metrics that gates held against limits, as far as the run came."""
        return tuple(map(Finding.from_json, self.record["gates"]))


def run(
    config: str | os.PathLike[str],
    *,
    data: Any = None,
    set: Mapping[str, Any] | None = None,
    root: str | os.PathLike[str] | None = None,
    from_node: str | None = None,
    to_node: str | None = None,
    use_cache: bool = True,
    jobs: int = 1,
) -> Run:
    """Runs a pipeline as `slipway run` does, printing the same, in a process of its own.

    Args:
      config: path of the config.
      data: a table in place of the config's source: a pandas.DataFrame, a pyarrow.Table, or a mapping from names to
        columns. It is kept as a Parquet file in the root, which has to be named.
      set: other values than the config's, by dotted key, as of `--set`.
      root: root of the pipeline, as `--root`.
      from_node: first node to run, as `--from`.
      to_node: last node to run, as `--to`.
      use_cache: whether nodes that did not change are taken from the cache.
      jobs: how many nodes may run at the same time, as `--jobs`.

    Raises, with what came of the run until then as the error's `run`:
      UsageError: the config, or another argument, is wrong.
      GateRefused: a gate refused; it has the gate's findings.
      RunError: a node failed, or was interrupted by another than the caller.
      KeyboardInterrupt: the caller interrupted it. The same call goes on from there.
    """
    if root is not None and is_uri(os.fspath(root)):
        raise UsageError(f"a root is a directory on this machine. Received: {root}.")
    if jobs < 1:
        raise UsageError(f"jobs must be 1 or more. Received: {jobs}.")
    request = RunRequest(
        config=str(Path(config).expanduser()),
        changes={**({} if data is None else source_of(data, root)), **(set or {})},
        root=None if root is None else str(Path(root).expanduser()),
        from_node=from_node,
        to_node=to_node,
        use_cache=use_cache,
        jobs=jobs,
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            exit_code, last_lines = _run_process(request.write(Path(folder)))
        except KeyboardInterrupt as interrupt:
            _attach_run(interrupt, RunAnswer.read(Path(folder)))
            raise
        answer = RunAnswer.read(Path(folder))
    if not answer.is_over:
        error = RunError(
            f"the run's process must say what became of it. Received: exit code {exit_code} and nothing else. The "
            f"last of what it printed:\n{last_lines}"
        )
        _attach_run(error, answer)
        raise error
    if answer.exit_code:
        raise _as_error(answer)
    return Run(Path(answer.path))


def _run_process(folder: Path) -> tuple[int, str]:
    """Prints what the process prints; returns its exit code and its last lines."""
    command = [sys.executable, "-c", _CHILD, str(folder)]
    last: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                last = [*last[-9:], line]
        except KeyboardInterrupt:
            # A terminal or a notebook's server interrupts both; whoever interrupts us alone means the run too.
            reminder = threading.Timer(_GRACE_SECS, process.send_signal, [signal.SIGINT])
            reminder.start()
            print(process.stdout.read() if process.stdout else "", end="", flush=True)
            process.wait()
            reminder.cancel()
            raise
    return process.returncode, "".join(last)


def _as_error(answer: RunAnswer) -> GateRefused | UsageError | RunError:
    error: GateRefused | UsageError | RunError
    if answer.findings:
        error = GateRefused([Finding.from_json(finding) for finding in answer.findings], answer.advice)
    else:
        error = (UsageError if answer.exit_code == UsageError.exit_code else RunError)(answer.message)
        # As the command line would name it.
        error.title, error.exit_code = answer.title, answer.exit_code
    _attach_run(error, answer)
    return error


def _attach_run(error: BaseException, answer: RunAnswer) -> None:
    """Gives an error the attribute `run`: what came of the run."""
    error.run = _run_of(answer)  # type: ignore[attr-defined]


def _run_of(answer: RunAnswer) -> Run | None:
    """The run of an answer; None where it was refused before its first node, which leaves no record, or killed."""
    run = Run(Path(answer.path))
    return run if answer.path and run.file.exists() else None
