"""Latency of models that are to be compared."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class LatencyStats:
    """Percentiles of one call, in milliseconds."""

    p50_ms: float
    p90_ms: float
    p99_ms: float


def measure_latency(
    calls: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = 300,
    warmup_rounds: int = 30,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, LatencyStats]:
    """Times each call once a round, so that what slows the machine for a while slows all of them.

    Args:
      calls: what to time, by name.
      rounds: counted calls of each.
      warmup_rounds: calls before, not counted.
      clock: seconds, monotonic.

    Raises:
      ValueError: no round would be counted.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1. Received: {rounds}.")
    secs: dict[str, list[float]] = {name: [] for name in calls}
    for round_index in range(-warmup_rounds, rounds):
        for name, call in calls.items():
            start_secs = clock()
            call()
            duration_secs = clock() - start_secs
            if round_index >= 0:
                secs[name].append(duration_secs)
    stats = {}
    for name, values in secs.items():
        p50, p90, p99 = np.percentile(np.array(values) * 1000, [50, 90, 99])
        stats[name] = LatencyStats(p50_ms=float(p50), p90_ms=float(p90), p99_ms=float(p99))
    return stats
