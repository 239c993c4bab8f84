"""A run's evaluation by slice, and its data."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from inspection.app.site import TheSite
from inspection.runs import Run
from inspection.store import Artifact
from records.evaluation import BASELINE, CANDIDATE
from records.stores import path_at

# What a page draws at once; the search finds the others.
MAX_FEATURES = 40
EVALUATIONS = {"Evaluator": "the SavedModel", "EdgeEvaluator": "the TFLite files"}

router = APIRouter()


@router.get("/evaluation/{root_name}/{run_id}")
def evaluation(site: TheSite, root_name: str, run_id: str, model: str = "", metric: str = "") -> HTMLResponse:
    """One metric of one model by slice, the worst first, with the baseline beside it."""
    from inspection.evaluation_results import read_metrics
    from inspection.report import metric_chart, slice_names
    from inspection.slices import metric_names, slice_rows

    root = site.root(root_name)
    run = root.run(run_id)
    # {(node, model): values}
    read = {
        node: read_metrics(path_at(found.uri)) for node in EVALUATIONS if (found := _output(run, node, "evaluation"))
    }
    models = {}
    for node, values in read.items():
        for name in dict.fromkeys(value.model for value in values):
            if name != BASELINE:
                models[f"{node}/{name or CANDIDATE}"] = (name or CANDIDATE, values)
    chosen = model or next(iter(models), "")
    if chosen and chosen not in models:
        raise HTTPException(404, "the run evaluated no model of that name")
    metrics, rows, name, chart = [], [], "", Markup("")
    if chosen:
        who, values = models[chosen]
        metrics = metric_names(values, who)
        name = metric or metrics[0]
        if name not in metrics:
            raise HTTPException(404, "the evaluation has no metric of that name")
        rows = slice_rows(values, name, model=who, baseline=BASELINE, names=slice_names(run.record))
        chart = Markup(metric_chart(name, rows, run.record))
    return site.page(
        "evaluation.html",
        tab="/",
        view="evaluation",
        root=root,
        run=run,
        models=list(models),
        model=chosen,
        metrics=metrics,
        name=name,
        rows=rows,
        shown=rows,
        chart=chart,
    )


@router.get("/data/{root_name}/{run_id}")
def data(site: TheSite, root_name: str, run_id: str, feature: str = "", beside: str = "") -> HTMLResponse:
    """Statistics of features, the splits over each other, or the train splits of two runs; anomalies; the schema."""
    from inspection.histograms import histogram, read_distributions
    from inspection.statistics import read_anomalies

    root = site.root(root_name)
    run = root.run(run_id)
    statistics, anomalies = _output(run, "StatisticsGen"), _output(run, "ExampleValidator")
    found = read_distributions(path_at(statistics.uri)) if statistics else {}
    if beside:
        other = _output(root.run(beside), "StatisticsGen")
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


def _output(run: Run, node: str, channel: str = "") -> Artifact | None:
    """An output of a node, the only one where no channel is named; None where the run has none."""
    for execution in reversed(run.executions):
        if execution.node == node and execution.outputs:
            artifacts = execution.outputs.get(channel, ()) if channel else next(iter(execution.outputs.values()))
            return artifacts[0] if artifacts else None
    return None


def _schema(run: Run) -> str | None:
    artifact = _output(run, "SchemaGen")
    path = path_at(artifact.uri) / "schema.pbtxt" if artifact else None
    return path.read_text() if path is not None and path.exists() else None
