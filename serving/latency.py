"""Latency of models that are to be compared."""

import time
from collections.abc import Callable, Mapping

from serving.latency_histogram import LatencyHistogram


def measure_latency(
    calls: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 300,
    warmup_rounds: int = 30,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, LatencyHistogram]:
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
    latencies = {name: LatencyHistogram() for name in calls}
    for round_index in range(-warmup_rounds, rounds):
        for name, call in calls.items():
            start_secs = clock()
            call()
            duration_secs = clock() - start_secs
            if round_index >= 0:
                latencies[name].record(duration_secs)
    return latencies
