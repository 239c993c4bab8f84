import pytest

from inspection.trends import duration_trend, metric_trends, trend_chart
from records.run import NodeRecord, RunRecord


def _record(
    number: int, secs: float = 60.0, *, cached: bool = False, state: str = "done", **metrics: float
) -> RunRecord:
    return RunRecord(
        run_id=f"run-{number}",
        pipeline="digits",
        state=state,
        started_at=f"2026-01-{number + 1:02}T00:00:00+00:00",
        total_secs=secs,
        nodes=[NodeRecord(name="Trainer", upstream=[], cached=cached)],
        metrics={f"test_{name}": value for name, value in metrics.items()},
        config={"evaluate": {"gates": dict.fromkeys(metrics)}},
    )


def _worse(points) -> list[str]:
    return [point.run_id for point in points if point.is_worse]


def test_a_share_is_worse_where_it_is_not_chance():
    # By hand: 0.90 against 0.95 of 400 each, pooled 0.925, z = 0.05 / sqrt(0.925 * 0.075 / 200) = 2.68; of 0.93, 1.19.
    values = [0.95, 0.93, 0.95, 0.90]
    records = [_record(n, accuracy=value, example_count=400) for n, value in enumerate(values)]
    assert _worse(metric_trends(records)["accuracy"]) == ["run-3"]


def test_another_metric_is_worse_by_a_twentieth_of_what_was_usual():
    records = [_record(number, mae=value) for number, value in enumerate([1.0, 1.04, 1.08, 0.5])]
    points = metric_trends(records)["mae"]
    # Usual for the third: the median of 1 and 1.04.
    assert points[2].usual == pytest.approx(1.02)
    assert _worse(points) == ["run-2"]


def test_usual_is_the_median_of_the_five_before():
    records = [_record(number, mae=value) for number, value in enumerate([9.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0])]
    assert metric_trends(records)["mae"][-1].usual == 1.0


def test_times_are_of_whole_runs_without_the_cache():
    records = [
        _record(0, 60),
        _record(1, 2, cached=True),
        _record(2, 10, state="failed"),
        _record(3, 91),
        _record(4, 100),
    ]
    points = duration_trend(records)
    assert [point.run_id for point in points] == ["run-0", "run-3", "run-4"]
    assert _worse(points) == ["run-3"]


def test_regressions_are_marked():
    records = [_record(number, mae=value) for number, value in enumerate([1.0, 2.0])]
    assert '"name":"regression"' in trend_chart("mae", metric_trends(records)["mae"])
    assert '"name":"regression"' not in trend_chart("mae", metric_trends(records[:1])["mae"])
