"""The report's section on compression: the variants of a run record, beside the one they are compared with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from inspection import compression_charts as charts
from records.run import RunRecord, VariantRecord
from records.variants import REFERENCE, Choice

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
      rows: rows of the tables.
      undelegated: the variants that XNNPACK does not run.
      charts: (heading, what to know, chart).
    """

    metric: str
    rows: list[Row]
    undelegated: list[str]
    charts: list[tuple[str, str, Markup]]


def read_compression(record: RunRecord, metric: str) -> Compression | None:
    """The section of a run record; None for a run that compressed nothing.

    Args:
      record: record of the run; what was not measured is left out.
      metric: the task's first.
    """
    variants = record.variants
    if not variants:
        return None
    choice = record.choice or Choice(variant=None, reason="", front=())
    reference = next((each for each in variants if each.name == REFERENCE), None)
    return Compression(
        metric=metric,
        rows=[_row(variant, reference, choice) for variant in variants],
        undelegated=[variant.name for variant in variants if not variant.delegated],
        charts=[(heading, note, Markup(html)) for heading, note, html in _charts(variants, metric, choice)],
    )


def _charts(variants: Sequence[VariantRecord], metric: str, choice: Choice) -> list[tuple[str, str, str]]:
    drawn = [
        ("size", "", charts.sizes(variants)),
        ("latency", "One thread, the variants in turn, warm-up not counted.", charts.latencies(variants)),
    ]
    judged = [variant for variant in variants if variant.eval_metric is not None]
    if judged:
        chart = charts.fronts(judged, metric, front=choice.front, chosen=choice.variant)
        note = "Bars: the 95\u202f% confidence interval. Filled: on the Pareto front of metric, latency and bytes."
        drawn.insert(0, (f"{metric} against what it costs", note, chart))
    timed = [variant for variant in variants if variant.latency_buckets_ms]
    if timed:
        drawn.append(("latency at batch 1, call by call", "", charts.distributions(timed)))
    pruned = [variant for variant in variants if _sparsest(variant) >= LEAST_SPARSITY]
    if pruned:
        note = "Of each layer's weights, counted in the file that ships."
        drawn.append(("zeros by layer", note, charts.sparsities(pruned)))
    rounded = [variant for variant in variants if variant.layer_errors]
    if rounded:
        note = "The layers whose quantization errs most, worst first, each on a scale of its file."
        drawn.append(("quantization error by layer", note, charts.layer_errors(rounded)))
    return drawn


def _sparsest(variant: VariantRecord) -> float:
    return max((each.sparsity for each in variant.layer_sparsity), default=0.0)


def _row(variant: VariantRecord, reference: VariantRecord | None, choice: Choice) -> Row:
    compared = reference if reference is not variant else None
    nonzero = ""
    if variant.weights and variant.nonzero_weights is not None:
        nonzero = f"{variant.nonzero_weights / variant.weights:.0%}"
    interval = ""
    if variant.eval_metric is not None:
        low, high = variant.eval_metric_low, variant.eval_metric_high
        interval = f"{variant.eval_metric:.4f} ({low:.3f}–{high:.3f})"
    return Row(
        name=variant.name,
        is_chosen=variant.name == choice.variant,
        is_on_front=variant.name in choice.front,
        is_left_out=variant.left_out,
        delegated=variant.delegated,
        size=f"{variant.bytes:,}",
        smaller=_times_less(variant.bytes, compared.bytes) if compared else "",
        gzip_size=f"{variant.gzip_bytes:,}",
        gzip_smaller=_times_less(variant.gzip_bytes, compared.gzip_bytes) if compared else "",
        nonzero=nonzero,
        test_metric=_number(variant.metric, ".4f"),
        eval_metric=interval,
        agreement=_number(variant.agreement, ".4f"),
        peak_memory=_number((variant.peak_memory_bytes or 0) / 1e6 or None, ".1f"),
        latency=_percentiles(variant.latency_ms.values(), ".3f"),
        faster=_times_less(variant.latency_p50_ms, compared.latency_p50_ms, more="slower") if compared else "",
        batch_latency=_percentiles(variant.batch_latency_ms.values(), ".2f"),
    )


def _times_less(value: float, reference: float, *, more: str = "") -> str:
    """How many times less than the reference's a value is; or `more`, where it is more."""
    ratio = reference / value
    return f"{ratio:.1f}×" if ratio > 0.95 or not more else f"{1 / ratio:.1f}× {more}"


def _percentiles(values: Iterable[float | None], form: str) -> str:
    shown = [_number(value, form) for value in values]
    return " / ".join(value or "–" for value in shown) if any(shown) else ""


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
