"""TFLite files of a network, as Slipway converts them, and how fast they are."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from compression.conversion.convert import convert, export_for_conversion
from compression.precisions import Precision
from serving.latency import measure_latency
from serving.tflite import TFLiteModel


def convert_model(
    name: str,
    model: keras.Model,
    *precisions: Precision,
    sample: Mapping[str, np.ndarray],
    directory: Path,
    quantization_aware: bool = False,
) -> dict[str, Path]:
    """`{name_precision: file}` in the directory."""
    saved_model = directory / name
    export_for_conversion(model, saved_model)
    paths = {precision: directory / f"{name}_{precision}.tflite" for precision in precisions}
    convert(saved_model, paths, representative_sample=sample, quantization_aware=quantization_aware)
    return {f"{name}_{precision}": path for precision, path in paths.items()}


def median_latencies(paths: Mapping[str, Path], batch: Mapping[str, np.ndarray], *, rounds: int) -> dict[str, float]:
    """Milliseconds of each file, one thread, the files in turn. Raises RuntimeError where XNNPACK did not take one."""
    files = {name: TFLiteModel(path, num_threads=1) for name, path in paths.items()}
    calls = {name: file.prepare(batch) for name, file in files.items()}
    slow = [name for name, file in files.items() if not file.delegated]
    if slow:
        raise RuntimeError(f"XNNPACK must take every file. Received: {', '.join(slow)}, which it did not.")
    warmup_rounds = max(1, rounds // 10)
    measured = measure_latency(calls, rounds=rounds, warmup_rounds=warmup_rounds)
    return {name: stats.p50_ms for name, stats in measured.items()}
