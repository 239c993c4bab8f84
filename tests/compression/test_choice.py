import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from compression.choice import Budgets, Cost, choose

# float32 first; int8 is smallest and fastest, float16 as good as float32 and as slow.
COSTS = {
    "float32": Cost(bytes=400, latency_ms=2.0, metric_drop=0.0),
    "float16": Cost(bytes=200, latency_ms=2.0, metric_drop=0.0),
    "int8": Cost(bytes=100, latency_ms=0.5, metric_drop=0.01),
}


@pytest.mark.parametrize(
    ("budgets", "best"),
    [
        ({}, "float16"),
        ({"prefer": "latency"}, "int8"),
        ({"prefer": "bytes"}, "int8"),
        ({"prefer": "bytes", "max_metric_drop": 0.005}, "float16"),
        ({"max_latency_ms": 1.0}, "int8"),
        ({"max_bytes": 400, "max_latency_ms": 2.0, "max_metric_drop": 0.0}, "float16"),
        ({"max_bytes": 150}, "int8"),
    ],
)
def test_the_best_within_the_budgets(budgets, best):
    assert choose(COSTS, Budgets(**budgets)).variant == best


def test_the_front_leaves_out_what_is_beaten_everywhere():
    assert choose(COSTS, Budgets()).front == ("float16", "int8")


def test_nothing_within_says_which_budget_was_missed_by_how_much():
    chosen = choose(COSTS, Budgets(max_bytes=150, max_metric_drop=0.004))
    assert chosen.variant is None
    assert [(miss.variant, miss.budget) for miss in chosen.misses] == [
        ("float32", "max_bytes"),
        ("float16", "max_bytes"),
        ("int8", "max_metric_drop"),
    ]
    assert "none of 3 variants is within the budgets" in chosen.reason
    assert "float16: max_bytes 200, over by 50" in chosen.reason
    assert "int8: max_metric_drop 0.01, over by 0.006" in chosen.reason


def test_a_metric_that_is_no_number_is_within_no_budget():
    broken = {"int8": Cost(bytes=1, latency_ms=1.0, metric_drop=math.nan)}
    assert choose(broken, Budgets(max_metric_drop=0.5)).variant is None


@pytest.mark.parametrize("budgets", [{"max_bytes": 0}, {"max_latency_ms": 0}, {"max_metric_drop": -1}, {"max_size": 1}])
def test_budgets_that_make_no_sense_are_refused(budgets):
    with pytest.raises(ValidationError):
        Budgets(**budgets)


FIGURES = st.builds(
    Cost, bytes=st.integers(1, 5), latency_ms=st.integers(1, 5).map(float), metric_drop=st.integers(-2, 2).map(float)
)


@given(
    st.lists(FIGURES, min_size=1, max_size=6),
    st.builds(
        Budgets,
        max_bytes=st.none() | st.integers(1, 5),
        max_latency_ms=st.none() | st.integers(1, 5).map(float),
        max_metric_drop=st.none() | st.integers(0, 2).map(float),
        prefer=st.sampled_from(["metric", "latency", "bytes"]),
    ),
)
def test_no_variant_within_the_budgets_beats_the_chosen_one(costs, budgets):
    named = {str(number): cost for number, cost in enumerate(costs)}
    chosen = choose(named, budgets)
    over = {miss.variant for miss in chosen.misses}
    assert (chosen.variant is None) == (over == set(named))
    if chosen.variant is None:
        return
    assert chosen.variant not in over
    best = named[chosen.variant]
    for name in set(named) - over:
        other = named[name]
        better = [other.bytes < best.bytes, other.latency_ms < best.latency_ms, other.metric_drop < best.metric_drop]
        worse = [other.bytes > best.bytes, other.latency_ms > best.latency_ms, other.metric_drop > best.metric_drop]
        assert any(worse) or not any(better)
        assert not better[["bytes", "latency", "metric"].index(budgets.prefer)]
