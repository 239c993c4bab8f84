"""Runs the process that converts, and tells why when it fails."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from compression.conversion_error import ConversionError
from compression.conversion_worker import FAILURE_FILE

WORKER = (sys.executable, "-m", "compression.conversion_worker")

# MLIR's words for an op that has no TFLite kernel.
MISSING_OP = re.compile(r"'([\w.]+)' op is neither a custom op nor a flex op")


def run_worker(
    saved_model_dir: str, signature: str, directory: Path, precisions: Sequence[str], *, timeout_secs: float
) -> None:
    """Leaves `<directory>/<precision>.tflite` for each precision.

    Raises:
      ConversionError: the converter refuses the graph, dies, or takes longer than `timeout_secs`.
    """
    root = str(Path(__file__).resolve().parents[1])
    environment = {
        # Errors only, so that the end of its stderr is about the failure.
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **os.environ,
        # Converting needs no GPU, and this process may hold all of its memory.
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
    }
    try:
        done = subprocess.run(
            [*WORKER, saved_model_dir, signature, str(directory), *precisions],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_secs,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise ConversionError(
            f"a conversion must end within {timeout_secs:g} seconds. Received: {_under_way(directory, precisions)}, "
            "which did not. Allow it more time or convert a smaller model."
        ) from None
    if done.returncode == 0:
        return
    failure = directory / FAILURE_FILE
    if failure.exists():
        raise ConversionError(_refusal(**json.loads(failure.read_text())))
    raise ConversionError(_crash(done, _under_way(directory, precisions)))


def _under_way(directory: Path, precisions: Sequence[str]) -> str:
    """The precision that the worker had not finished; the last when it had finished all."""
    return next((each for each in precisions if not (directory / f"{each}.tflite").exists()), precisions[-1])


def _refusal(precision: str, reason: str) -> str:
    ops = sorted(set(MISSING_OP.findall(reason)))
    if ops:
        return (
            f"every op of the model must be one of TFLite's built-in ones. Received: {', '.join(ops)} "
            f"(converting to {precision}). Replace the layer that uses it."
        )
    return (
        f"the model must be one that TFLite's converter takes. Received, converting to {precision}: "
        f"{' '.join(reason.split())[:1000]}. Leave this precision out or change the layer that is named."
    )


def _crash(done: subprocess.CompletedProcess[str], precision: str) -> str:
    how = f"exit code {done.returncode}"
    if done.returncode < 0:
        how = f"exit code {128 - done.returncode}, {signal.Signals(-done.returncode).name}"
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return (
        f"the converter must end without a crash. Received: {how}, converting to {precision}; the end of its stderr: "
        f"{' | '.join(lines[-8:])[-1500:] or 'nothing'}. Leave this precision out; if it was SIGKILL, "
        "give the process more memory."
    )
