from typing import Any

import pytest

from inspection.compression import Compression, read_compression
from records.run import RunRecord


def _variant(name: str, **measured: Any) -> dict[str, Any]:
    """As an early Slipway recorded it, and what is given."""
    known = {"bytes": 4000, "gzip_bytes": 2000, "latency_p50_ms": 0.5, "latency_p99_ms": 1.0, "delegated": True}
    return {"name": name, **known, **measured}


def _judged(name: str, value: float, **measured: Any) -> dict[str, Any]:
    interval = {"eval_metric": value, "eval_metric_low": value - 0.1, "eval_metric_high": value + 0.1}
    return _variant(name, **interval, **measured)


def _read(*variants: dict[str, Any], **record: Any) -> Compression | None:
    values = {"run_id": "r", "pipeline": "digits", "variants": variants, **record}
    return read_compression(RunRecord.from_json(values), "accuracy")


def _headings(*variants: dict[str, Any], **record: Any) -> list[str]:
    return [heading for heading, _, _ in _read(*variants, **record).charts]


def test_a_batch_that_was_measured_has_a_panel():
    found = _read(_variant("float32", batch_latency_p50_ms=4.0))
    assert "batch 32" in found.charts[1][2]


def test_a_run_that_compressed_nothing_has_no_section():
    assert _read() is None


def test_what_was_not_measured_is_left_out():
    found = _read(_variant("float32"))
    assert [heading for heading, _, _ in found.charts] == ["size", "latency"]
    assert "batch 32" not in found.charts[1][2]
    [row] = found.rows
    assert (row.latency, row.batch_latency, row.eval_metric, row.peak_memory) == ("0.500 / – / 1.000", "", "", "")


def test_variants_are_compared_with_float32():
    small = _variant("int8", bytes=1000, gzip_bytes=1600, latency_p50_ms=0.2)
    slow = _variant("int16x8", latency_p50_ms=6.0, delegated=False)
    found = _read(_variant("float32"), small, slow)
    assert [(row.smaller, row.gzip_smaller, row.faster) for row in found.rows] == [
        ("", "", ""), ("4.0×", "1.2×", "2.5×"), ("1.0×", "1.0×", "12.0× slower"),
    ]  # fmt: skip
    assert found.undelegated == ["int16x8"]


def test_what_a_gate_left_out_is_marked_as_such():
    """Records of older versions do not say."""
    variants = [_variant("float32"), _variant("int8", left_out=True), _variant("int4", left_out=False)]
    found = _read(*variants)
    assert [row.is_left_out for row in found.rows] == [False, True, False]


def test_the_choice_is_marked_on_the_front():
    choice = {"variant": "int8", "reason": "", "front": ["float32", "int8"]}
    found = _read(_judged("float32", 0.9), _judged("int8", 0.8, bytes=1000), choice=choice)
    [(heading, _, chart), *_] = found.charts
    assert heading == "accuracy against what it costs"
    assert '"name":"int8 (chosen)"' in chart
    assert '"name":"float32 (on the front)"' in chart
    assert [(row.is_chosen, row.is_on_front) for row in found.rows] == [(False, True), (True, True)]


@pytest.mark.parametrize(("share", "is_drawn"), [(0.01, False), (0.8, True)])
def test_zeros_by_layer_are_drawn_of_what_was_pruned(share, is_drawn):
    layers = [{"layer": "stem", "sparsity": 0.0, "weights": 9}, {"layer": "head", "sparsity": share, "weights": 9}]
    assert ("zeros by layer" in _headings(_variant("float32", layer_sparsity=layers))) == is_drawn


def test_errors_by_layer_are_drawn_where_there_are_some():
    assert "quantization error by layer" not in _headings(_variant("int8", layer_errors=[]))
    variants = [_variant(f"int8_{n}", layer_errors=[{"layer": "head", "error": 0.5}]) for n in range(4)]
    [*_, (heading, _, chart)] = _read(*variants).charts
    assert heading == "quantization error by layer"
    assert chart.count('"y":["head"]') == 4


def test_calls_are_shares_of_all():
    variants = [_variant("int8", latency_buckets_ms=[[0.1, 1], [0.11, 3]])]
    [*_, (heading, _, chart)] = _read(*variants).charts
    assert heading == "latency at batch 1, call by call"
    assert '"y":[0,0.25,0.75,0]' in chart
