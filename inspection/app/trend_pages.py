"""A pipeline's runs over time."""

from itertools import pairwise

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from inspection.app.roots import Root
from inspection.app.site import TheSite
from records.run import RunRecord

router = APIRouter()


@router.get("/trends")
def trends(site: TheSite, of: str = "") -> HTMLResponse:
    """Main metrics and durations of one pipeline, which the query names as ROOT/PIPELINE."""
    from inspection.trends import duration_trend, metric_trends, trend_chart

    by_name: dict[str, tuple[Root, list[RunRecord]]] = {}
    for root in site.roots.values():
        for record in root.outlines():
            by_name.setdefault(f"{root.name}/{record.pipeline}", (root, []))[1].append(record)
    if not by_name:
        return site.page("trends.html", tab="/trends", names=[], name="", root=None, charts=[], worse=[])
    name = of or max(by_name, key=lambda each: len(by_name[each][1]))
    if name not in by_name:
        raise HTTPException(404, "no pipeline of that name has a run")
    root, records = by_name[name]
    quantities = {f"test {metric}": points for metric, points in metric_trends(records).items()}
    quantities["seconds, without the cache"] = duration_trend(records)
    charts = [(title, trend_chart(title, points)) for title, points in quantities.items() if len(points) > 1]
    worse = [(title, point) for title, points in quantities.items() for point in reversed(points) if point.is_worse]
    previous = {point.run_id: before.run_id for points in quantities.values() for before, point in pairwise(points)}
    return site.page(
        "trends.html",
        tab="/trends",
        names=list(by_name),
        name=name,
        root=root,
        charts=charts,
        worse=[(title, point, previous.get(point.run_id)) for title, point in worse],
    )
