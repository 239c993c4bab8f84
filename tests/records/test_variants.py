"""Measurements of variants and the choice among them, as Compressor's artifact keeps them."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from records.variants import (
    Choice,
    LayerError,
    LayerSparsity,
    MeasuredVariant,
    Miss,
    read_choice,
    read_measurements,
    write_choice,
    write_measurements,
)

NUMBERS = st.floats(allow_nan=False)
VARIANTS = st.builds(
    MeasuredVariant,
    **{
        name: st.none() | NUMBERS
        for name in ("latency_p90_ms", "batch_latency_p50_ms", "eval_metric", "eval_metric_low", "agreement")
    },
    difference=NUMBERS,
    latency_p50_ms=NUMBERS,
    latency_p99_ms=NUMBERS,
    layer_errors=st.lists(st.builds(LayerError, error=NUMBERS), max_size=3).map(tuple),
    layer_sparsity=st.lists(st.builds(LayerSparsity, sparsity=NUMBERS), max_size=3).map(tuple),
    latency_buckets_ms=st.lists(st.tuples(NUMBERS, st.integers(0)), max_size=3).map(tuple),
    ops=st.lists(st.text(), max_size=3).map(tuple),
    equals=st.lists(st.text(), max_size=3).map(tuple),
)
CHOICES = st.builds(
    Choice,
    front=st.lists(st.text(), max_size=3).map(tuple),
    misses=st.lists(st.builds(Miss, value=NUMBERS, limit=NUMBERS), max_size=3).map(tuple),
)
# As the first version with variants wrote one.
EARLIER = {
    "name": "int8",
    "bytes": 1000,
    "gzip_bytes": 800,
    "latency_p50_ms": 0.25,
    "latency_p99_ms": 0.5,
    "delegated": True,
}


@settings(max_examples=30)
@given(variants=st.lists(VARIANTS, max_size=3))
def test_measurements_survive_the_artifact(tmp_path_factory, variants):
    uri = str(tmp_path_factory.mktemp("variants"))
    write_measurements(uri, variants)
    assert read_measurements(uri) == variants


@settings(max_examples=30)
@given(choice=CHOICES)
def test_a_choice_survives_the_artifact(tmp_path_factory, choice):
    uri = str(tmp_path_factory.mktemp("variants"))
    write_choice(uri, choice)
    assert read_choice(uri) == choice


def test_what_an_earlier_version_did_not_measure_is_none():
    variant = MeasuredVariant.from_json(EARLIER)
    assert (variant.bytes, variant.latency_ms) == (1000, {50: 0.25, 90: None, 99: 0.5})
    assert (variant.eval_metric, variant.peak_memory_bytes, variant.layer_errors) == (None, None, ())
    assert variant.batch_latency_ms == {50: None, 90: None, 99: None}
    # Which is within no limit.
    assert math.isnan(variant.difference)


def test_what_a_later_version_measures_is_passed_over():
    assert MeasuredVariant.from_json({**EARLIER, "watts": 3.0}) is not None
