"""What a report says of compressed models: the variants of a run record, beside the one they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from inspection import compression_charts as charts

REFERENCE = "float32"
# Rounding sets some of the smallest weights to zero; fewer than this are no pruning.
LEAST_SPARSITY = 0.05


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant, as a table shows it; empty where nothing was measured."""

    name: str
    is_chosen: bool
    is_on_front: bool
    is_left_out: bool
    delegated: bool
    size: str
    smaller: str
    gzip_size: str
    gzip_smaller: str
    nonzero: str
    test_metric: str
    eval_metric: str
    agreement: str
    peak_memory: str
    latency: str
    faster: str
    batch_latency: str


@dataclass(frozen=True, kw_only=True)
class Compression:
    """The section on compressed models.

    Attributes:
      metric: what the variants are judged by.
      rows: of the tables.
      undelegated: the variants that XNNPACK does not run.
      charts: (heading, what to know, chart).
    """

    metric: str
    rows: list[Row]
    undelegated: list[str]
    charts: list[tuple[str, str, Markup]]


def read_compression(record: Mapping[str, Any], metric: str) -> Compression | None:
    """The section of a run record; None for a run that compressed nothing.

    Args:
      record: as in `summary.json`; what an earlier Slipway did not measure is left out.
      metric: the task's first.
    """
    variants = record.get("variants") or []
    if not variants:
        return None
    choice = record.get("choice") or {}
    return Compression(
        metric=metric,
        rows=[_row(variant, variants, choice) for variant in variants],
        undelegated=[variant["name"] for variant in variants if not variant["delegated"]],
        charts=[(heading, note, Markup(html)) for heading, note, html in _charts(variants, metric, choice)],
    )


def _charts(
    variants: Sequence[Mapping[str, Any]], metric: str, choice: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    drawn = [
        ("size", "", charts.sizes(variants)),
        ("latency", "One thread, the variants in turn, warm-up not counted.", charts.latencies(variants)),
    ]
    judged = [variant for variant in variants if "eval_metric" in variant]
    if judged:
        chart = charts.fronts(judged, metric, front=choice.get("front", ()), chosen=choice.get("variant"))
        note = "Bars: the 95\u202f% confidence interval. Filled: on the Pareto front of metric, latency and bytes."
        drawn.insert(0, (f"{metric} against what it costs", note, chart))
    timed = [variant for variant in variants if variant.get("latency_buckets_ms")]
    if timed:
        drawn.append(("latency at batch 1, call by call", "", charts.distributions(timed)))
    pruned = [variant for variant in variants if _sparsest(variant) >= LEAST_SPARSITY]
    if pruned:
        note = "Of each layer's weights, counted in the file that ships."
        drawn.append(("zeros by layer", note, charts.sparsities(pruned)))
    rounded = [variant for variant in variants if variant.get("layer_errors")]
    if rounded:
        note = "The layers whose quantization errs most, worst first, each on a scale of its file."
        drawn.append(("quantization error by layer", note, charts.layer_errors(rounded)))
    return drawn


def _sparsest(variant: Mapping[str, Any]) -> float:
    return max((each["sparsity"] for each in variant.get("layer_sparsity", ())), default=0.0)


def _row(variant: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], choice: Mapping[str, Any]) -> Row:
    name = variant["name"]
    reference = next((each for each in variants if each["name"] == REFERENCE), None)

    def over(key: str, more: str = "") -> str:
        """How many times less of a figure than the reference has; or `more`, where it is more."""
        if reference is None or name == REFERENCE:
            return ""
        ratio = reference[key] / variant[key]
        return f"{ratio:.1f}×" if ratio > 0.95 or not more else f"{1 / ratio:.1f}× {more}"

    interval = ""
    if "eval_metric" in variant:
        interval = "{eval_metric:.4f} ({eval_metric_low:.3f}–{eval_metric_high:.3f})".format(**variant)
    return Row(
        name=name,
        is_chosen=name == choice.get("variant"),
        is_on_front=name in choice.get("front", ()),
        is_left_out=variant.get("left_out", False),
        delegated=variant["delegated"],
        size=f"{variant['bytes']:,}",
        smaller=over("bytes"),
        gzip_size=f"{variant['gzip_bytes']:,}",
        gzip_smaller=over("gzip_bytes"),
        nonzero=f"{variant['nonzero_weights'] / variant['weights']:.0%}" if variant.get("weights") else "",
        test_metric=_number(variant.get("metric"), ".4f"),
        eval_metric=interval,
        agreement=_number(variant.get("agreement"), ".4f"),
        peak_memory=_number((variant.get("peak_memory_bytes") or 0) / 1e6 or None, ".1f"),
        latency=_percentiles(variant, "latency", ".3f"),
        faster=over("latency_p50_ms", more="slower"),
        batch_latency=_percentiles(variant, "batch_latency", ".2f"),
    )


def _percentiles(variant: Mapping[str, Any], prefix: str, form: str) -> str:
    values = [variant.get(f"{prefix}_p{percentile}_ms") for percentile in (50, 90, 99)]
    return " / ".join(_number(value, form) or "–" for value in values) if any(values) else ""


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
