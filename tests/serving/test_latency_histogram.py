import dis
import itertools
import math
import sys
import threading

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.latency_histogram import LatencyHistogram

# Where the library writes what threads share and it has read before: one may be interrupted in front of each.
WRITES = [
    step.offset
    for step in dis.get_instructions(HdrHistogram.record_value)
    if step.opname in ("STORE_ATTR", "STORE_SUBSCR")
]
DURATIONS = st.lists(st.floats(1e-6, 100), min_size=1, max_size=200)


def _histogram(durations_secs: list[float]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for secs in durations_secs:
        histogram.record(secs)
    return histogram


@settings(max_examples=30)
@given(DURATIONS, st.floats(1, 100))
def test_a_percentile_is_a_call_of_its_rank_to_one_part_in_a_thousand(durations, percent):
    ordered, rank = sorted(durations), percent / 100 * len(durations)
    low, high = ordered[max(0, math.floor(rank) - 1)], ordered[math.ceil(rank) - 1]
    # To the nanosecond, too: durations are counted in whole ones.
    received_secs = _histogram(durations).percentile_ms(percent) / 1000
    assert low * 0.999 - 2e-9 <= received_secs <= high * 1.001 + 2e-9


@settings(max_examples=30)
@given(DURATIONS, DURATIONS)
def test_merged_histograms_are_one_of_all(first, second):
    merged = _histogram(first)
    merged.merge(_histogram(second))
    assert merged.buckets_ms() == _histogram(first + second).buckets_ms()
    assert merged.p99_ms == _histogram(first + second).p99_ms


@settings(max_examples=30)
@given(DURATIONS)
def test_every_call_is_in_a_bucket_whose_end_is_not_below_it(durations):
    buckets = _histogram(durations).buckets_ms()
    assert sum(count for _, count in buckets) == len(durations)
    for (end, _), (following, _) in itertools.pairwise(buckets):
        assert following / end == pytest.approx(1.1)
    assert buckets[-1][0] >= max(durations) * 1000 * (1 - 1e-3)


def test_nothing_and_too_long():
    with pytest.raises(ValueError, match=r"one call at least\. Received: none"):
        _histogram([]).p50_ms  # noqa: B018
    assert _histogram([]).buckets_ms() == []
    assert _histogram([1e6]).p50_ms == pytest.approx(3_600_000, rel=2e-3)


@pytest.mark.parametrize("offset", WRITES)
def test_no_call_is_lost_where_threads_share_a_histogram(offset):
    """One thread is stopped at a byte of the library's code, another records meanwhile if it can."""
    histogram = LatencyHistogram()
    may_stop, is_stopped, may_go_on = threading.Event(), threading.Event(), threading.Event()

    def stop(frame, event, _):
        frame.f_trace_opcodes = frame.f_code is HdrHistogram.record_value.__code__
        if may_stop.is_set() and frame.f_trace_opcodes and event == "opcode" and frame.f_lasti == offset:
            is_stopped.set()
            may_go_on.wait()
        return stop

    def record_interrupted():
        sys.settrace(stop)
        # Python 3.12 traces instructions from the first settrace on that comes after a frame has asked for them.
        LatencyHistogram().record(1.0)
        sys.settrace(stop)
        may_stop.set()
        histogram.record(1.0)

    interrupted = threading.Thread(target=record_interrupted)
    other = threading.Thread(target=histogram.record, args=(1.0,))
    interrupted.start()
    assert is_stopped.wait(10)
    other.start()
    # It waits for the first one to be done, as it should, or is done itself long before this.
    other.join(0.05)
    may_go_on.set()
    for thread in (interrupted, other):
        thread.join()
    assert histogram.count == 2
    assert sum(count for _, count in histogram.buckets_ms()) == 2
