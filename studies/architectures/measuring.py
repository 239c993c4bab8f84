"""What depends on the machine's mood, measured for all candidates together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving.latency import measure_latency
from serving.peak_memory import peak_memory_bytes
from serving.tflite import TFLiteModel


def measure_files(files: Mapping[str, Path], sample: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Latency, all files in turn, and peak memory: `{name: what was measured}`.

    Args:
      files: `{name: int8 file}`.
      sample: model inputs of one example, `{input: [1, ...]}`.
    """
    models = {name: TFLiteModel(path) for name, path in files.items()}
    latencies = measure_latency({name: model.prepare(sample) for name, model in models.items()})
    return {
        name: {
            "int8_p50_ms": latencies[name].p50_ms,
            "int8_p99_ms": latencies[name].p99_ms,
            "delegated": models[name].delegated,
            "int8_peak_bytes": peak_memory_bytes(files[name]),
        }
        for name in files
    }
