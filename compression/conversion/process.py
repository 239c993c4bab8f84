"""Runs the process that converts, and tells why when it fails."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from compression.conversion.errors import ConversionError
from compression.conversion.layer_names import LayerNames
from compression.conversion.request import FAILURE_FILE, ConversionRequest

WORKER = (sys.executable, "-m", "compression.conversion.worker")

# MLIR's words for an op that has no TFLite kernel, behind the place in the graph where it stands.
MISSING_OP = re.compile(r"loc\(((?:(?!loc\().)*)'([\w.]+)' op is neither a custom op nor a flex op", re.DOTALL)
OPERATION = re.compile(r'"([^"@]+)@')


def run_worker(request: ConversionRequest, directory: Path, layers: LayerNames, *, timeout_secs: float) -> None:
    """Leaves `<directory>/<precision>.tflite` for each precision of the request.

    Args:
      request: what to do.
      directory: holds the sample, and gets the files.
      layers: for telling which layer holds an op that TFLite lacks.
      timeout_secs: after which the process is ended.

    Raises:
      ConversionError: the converter refuses the graph, dies, or takes longer than `timeout_secs`.
    """
    request.write(directory)
    precisions = request.precisions
    environment = {
        # Errors only, so that the end of its stderr is about the failure.
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **os.environ,
        # Converting needs no GPU, and this process may hold all of its memory.
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    try:
        done = subprocess.run(
            [*WORKER, str(directory)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_secs,
            env=environment,
            # Where Python looks for modules first: in the user's directory some may have the names of ours.
            cwd=Path(__file__).resolve().parents[1],
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
        raise ConversionError(_refusal(request, layers, **json.loads(failure.read_text())))
    raise ConversionError(_crash(done, _under_way(directory, precisions)))


def _under_way(directory: Path, precisions: Sequence[str]) -> str:
    """The precision that the worker had not finished; the last when it had finished all."""
    return next((each for each in precisions if not (directory / f"{each}.tflite").exists()), precisions[-1])


def _refusal(
    request: ConversionRequest, layers: LayerNames, refusal: str = "", precision: str = "", reason: str = ""
) -> str:
    """The worker's own words, or what a library's words mean."""
    if refusal:
        return refusal
    ops = {op: _layer(place, layers) for place, op in MISSING_OP.findall(reason)}
    if ops:
        named = [f"{op} (layer {layer})" if layer else op for op, layer in sorted(ops.items())]
        advice = "or name the op in select_ops, if the devices have TFLite's Flex delegate"
        if set(ops) & set(request.select_ops):
            advice = "for the Flex delegate lacks the op too, and no runtime here could judge a file with a custom op"
        return (
            f"every op of the model must be one of TFLite's built-in ones. Received: {', '.join(named)} (converting to "
            f"{precision}). Replace the layer that uses it, {advice}."
        )
    return (
        f"the model must be one that TFLite's converter takes. Received, converting to {precision}: "
        f"{' '.join(reason.split())[:1000]}. Leave this precision out or change the layer that is named."
    )


def _layer(place: str, layers: LayerNames) -> str:
    """The layer that holds an operation, out of MLIR's words for where it stands; empty for none."""
    found = [layer for name in OPERATION.findall(place) for layer in layers.of_tensor(name)]
    return found[0] if found else ""


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
