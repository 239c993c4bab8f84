import math
from dataclasses import replace

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


def _tied(**equals: set[str]) -> dict[str, Cost]:
    """`COSTS` with int8 0.01 worse and a file that is worse than all, and who equals whom but for chance."""
    costs = {**COSTS, "int4": Cost(bytes=50, latency_ms=4.0, metric_drop=0.2)}
    return {name: replace(cost, equals=frozenset(equals.get(name, ()))) for name, cost in costs.items()}


@pytest.mark.parametrize(
    ("equals", "budgets", "best"),
    [
        # float16 is the best: float32's metric at fewer bytes.
        ({}, {}, "float16"),
        ({"float16": {"int8"}}, {}, "int8"),
        ({"float16": {"int8", "int4"}}, {}, "int4"),
        ({"float16": {"int8", "int4"}}, {"among_equals": "latency"}, "int8"),
        # int8, 0.01 worse, stands between the best and an equal that is 0.2 worse.
        ({"float16": {"int4"}}, {"among_equals": "latency"}, "int8"),
        # What int8 equals is not what the best equals.
        ({"int8": {"int4"}}, {}, "float16"),
        ({"float16": {"int8", "int4"}}, {"max_metric_drop": 0.1}, "int8"),
        # Equals do not matter where something else is asked for.
        ({"float16": {"int8", "int4"}}, {"prefer": "latency"}, "int8"),
        ({}, {"prefer": "bytes"}, "int4"),
    ],
)
def test_among_equal_metrics_bytes_or_latency_decide(equals, budgets, best):
    assert choose(_tied(**equals), Budgets(**budgets)).variant == best


def test_the_reason_says_how_many_were_equal():
    chosen = choose(_tied(float16={"int8"}), Budgets())
    assert chosen.reason.startswith(
        "the fewest bytes of the 3 with the best metric but for chance, of the 4 of 4 variants within the budgets, on "
        "the eval split: metric drop +0.0100"
    )


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
    Cost,
    bytes=st.integers(1, 5),
    latency_ms=st.integers(1, 5).map(float),
    metric_drop=st.integers(-2, 2).map(float),
    equals=st.frozensets(st.sampled_from("012345"), max_size=3),
)


@given(
    st.lists(FIGURES, min_size=1, max_size=6),
    st.builds(
        Budgets,
        max_bytes=st.none() | st.integers(1, 5),
        max_latency_ms=st.none() | st.integers(1, 5).map(float),
        max_metric_drop=st.none() | st.integers(0, 2).map(float),
        prefer=st.sampled_from(["metric", "latency", "bytes"]),
        among_equals=st.sampled_from(["latency", "bytes"]),
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
        if budgets.prefer != "metric":
            assert not better[["bytes", "latency"].index(budgets.prefer)]
    if budgets.prefer == "metric":
        _is_as_good_as_an_equal_of_the_best({name: named[name] for name in set(named) - over}, best)


def _is_as_good_as_an_equal_of_the_best(within: dict[str, Cost], chosen: Cost) -> None:
    least = min(cost.metric_drop for cost in within.values())
    leaders = [cost for cost in within.values() if cost.metric_drop == least]
    drops = [within[name].metric_drop for leader in leaders for name in leader.equals if name in within]
    assert chosen.metric_drop <= max([least, *drops])
