import pytest

from serving.latency import measure_latency


def test_percentiles_of_what_the_clock_says():
    """Call a takes 1, 2, …, 100 ms and call b always 7 ms, in turn; the two warm-up rounds take far longer."""
    now = 0.0
    durations = iter([9.0, 9.0, 9.0, 9.0] + [value for ms in range(1, 101) for value in (ms / 1000, 0.007)])
    order = []

    def call(name):
        def run():
            nonlocal now
            order.append(name)
            now += next(durations)

        return run

    stats = measure_latency({"a": call("a"), "b": call("b")}, rounds=100, warmup_rounds=2, clock=lambda: now)
    assert order == ["a", "b"] * 102
    # The fiftieth, ninetieth and ninety-ninth of a hundred.
    assert stats["a"].p50_ms == pytest.approx(50, rel=2e-3)
    assert stats["a"].p90_ms == pytest.approx(90, rel=2e-3)
    assert stats["a"].p99_ms == pytest.approx(99, rel=2e-3)
    assert stats["b"].p50_ms == stats["b"].p99_ms == pytest.approx(7, rel=2e-3)


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="Received: 0"):
        measure_latency({}, rounds=0)
