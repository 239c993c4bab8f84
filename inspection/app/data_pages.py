"""A run's data."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from inspection.app.site import TheSite
from inspection.runs import Run, output_of
from records.stores import path_at

# What a page draws at once; the search finds the others.
MAX_FEATURES = 40

router = APIRouter()


@router.get("/data/{root_name}/{run_id}")
def data(site: TheSite, root_name: str, run_id: str, feature: str = "", beside: str = "") -> HTMLResponse:
    """Statistics of features, the splits over each other, or the train splits of two runs; anomalies; the schema."""
    from inspection.histograms import histogram, read_distributions
    from inspection.statistics import read_anomalies

    root = site.root(root_name)
    run = root.run(run_id)
    statistics, anomalies = output_of(run, "StatisticsGen"), output_of(run, "ExampleValidator")
    found = read_distributions(path_at(statistics.uri)) if statistics else {}
    if beside:
        other = output_of(root.run(beside), "StatisticsGen")
        then = read_distributions(path_at(other.uri)) if other else {}
        for name, splits in found.items():
            earlier = {f"{split}, {beside}": each for split, each in then.get(name, {}).items() if split == "train"}
            splits |= earlier
    matching = [name for name in found if feature.lower() in name.lower()]
    features = [(name, found[name], Markup(histogram(name, found[name]) or "")) for name in matching[:MAX_FEATURES]]
    return site.page(
        "data.html",
        tab="/",
        view="data",
        root=root,
        run=run,
        feature=feature,
        beside=beside,
        others=[overview.run_id for overview in root.overviews() if overview.run_id != run_id],
        features=features,
        count=len(matching),
        has_statistics=statistics is not None,
        anomalies=read_anomalies(path_at(anomalies.uri)) if anomalies else None,
        schema=_schema(run),
    )


def _schema(run: Run) -> str | None:
    artifact = output_of(run, "SchemaGen")
    path = path_at(artifact.uri) / "schema.pbtxt" if artifact else None
    return path.read_text() if path is not None and path.exists() else None
