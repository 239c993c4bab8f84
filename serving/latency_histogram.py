"""How long calls took, in few numbers however many calls there were."""

import math
import threading

import numpy as np
from hdrh.histogram import HdrHistogram

_LONGEST_SECS = 3600
# Of a reading: percentiles are off by 0.1 % at most.
_SIGNIFICANT_DIGITS = 3
# Upper end of a bucket over its lower end, where a histogram is to be looked at.
_BUCKET_RATIO = 1.1
# One for all: merging reads one histogram and writes another, so that two threads could wait for each other's locks.
_LOCK = threading.Lock()


class LatencyHistogram:
    """Counts of durations in buckets that grow with the duration, from a nanosecond to an hour.

    Source: Tene, HdrHistogram, https://hdrhistogram.org. Histograms of several threads, processes or days add up, which
    percentiles do not. Threads may share one.
    """

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _LONGEST_SECS * 10**9, _SIGNIFICANT_DIGITS)

    def record(self, secs: float) -> None:
        """Adds a call; one that took more than an hour counts as an hour."""
        nanoseconds = round(min(max(secs, 1e-9), _LONGEST_SECS) * 1e9)
        with _LOCK:
            self._histogram.record_value(nanoseconds)

    def merge(self, other: "LatencyHistogram") -> None:
        """Adds the calls of another histogram."""
        with _LOCK:
            self._histogram.add(other._histogram)

    @property
    def count(self) -> int:
        """Calls."""
        return self._histogram.get_total_count()

    def percentile_ms(self, percent: float) -> float:
        """The shortest time within which `percent` of the calls were done.

        Raises:
          ValueError: there was no call.
        """
        if not self.count:
            raise ValueError("A percentile must be of one call at least. Received: none. Record calls first.")
        with _LOCK:
            return self._histogram.get_value_at_percentile(percent) / 1e6

    @property
    def p50_ms(self) -> float:
        """The median."""
        return self.percentile_ms(50)

    @property
    def p90_ms(self) -> float:
        """The latency that one call of ten exceeds."""
        return self.percentile_ms(90)

    @property
    def p99_ms(self) -> float:
        """The latency that one call of a hundred exceeds."""
        return self.percentile_ms(99)

    def buckets_ms(self) -> list[tuple[float, int]]:
        """(upper end, calls) of buckets whose ends are powers of 1.1 ms, from the first with a call to the last."""
        counts: dict[int, int] = {}
        # Not by the histogram's iterators, which visit each of its empty buckets in Python.
        with _LOCK:
            recorded = np.array(self._histogram.counts)
        for index in np.flatnonzero(recorded):
            value_ms = self._histogram.get_value_from_index(int(index)) / 1e6
            power = math.ceil(math.log(value_ms, _BUCKET_RATIO))
            counts[power] = counts.get(power, 0) + int(recorded[index])
        if not counts:
            return []
        return [(_BUCKET_RATIO**power, counts.get(power, 0)) for power in range(min(counts), max(counts) + 1)]
