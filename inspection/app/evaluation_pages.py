"""A run's evaluation: by slice, over all examples, and the examples themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from inspection.app.site import TheSite
from inspection.runs import Run, output_of
from records.evaluation import BASELINE, CANDIDATE
from records.stores import path_at

# What reads them takes numpy along, for which the start of the app does not wait.
if TYPE_CHECKING:
    from inspection.evaluation_results import MetricValue
    from records.predictions import Predictions
    from records.shown_examples import ShownExample

NODES = ("Evaluator", "EdgeEvaluator")
# More pictures, plots or rows are no overview.
MAX_EXAMPLES = 24
WORST, ANY = "worst", "any"

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class EvaluatedModel:
    """A model of a run.

    Attributes:
      name: what TFMA calls it.
      values: what TFMA computed.
      predictions: what it said of each test example; None where the run kept no such thing.
      examples: some of them, to look at, as the SavedModel saw them.
    """

    name: str
    values: "Sequence[MetricValue]"
    predictions: "Predictions | None"
    examples: "Sequence[ShownExample]"


@router.get("/evaluation/{root_name}/{run_id}")
def evaluation(
    site: TheSite,
    root_name: str,
    run_id: str,
    model: str = "",
    metric: str = "",
    where: str = "",
    order: str = WORST,
) -> HTMLResponse:
    """One model of a run: a metric by slice, the worst first, with the baseline beside it; and the examples of a slice,
    those that the model is most wrong about, or any."""
    from inspection.report import metric_chart, slice_names
    from inspection.slices import metric_names, slice_rows

    root = site.root(root_name)
    run = root.run(run_id)
    if order not in (WORST, ANY):
        raise HTTPException(400, f"examples are ordered by {WORST} or {ANY}")
    models = _models(run)
    chosen = model or next(iter(models), "")
    if chosen and chosen not in models:
        raise HTTPException(404, "the run evaluated no model of that name")
    shown: dict[str, Any] = {"metrics": [], "name": "", "rows": [], "chart": Markup(""), "charts": [], "examples": None}
    if chosen:
        found = models[chosen]
        metrics = metric_names(found.values, found.name)
        name = metric or metrics[0]
        if name not in metrics:
            raise HTTPException(404, "the evaluation has no metric of that name")
        names = slice_names(run.record)
        rows = slice_rows(found.values, name, model=found.name, baseline=BASELINE, names=names)
        shown = {
            "metrics": metrics,
            "name": name,
            "rows": rows,
            "chart": Markup(metric_chart(name, rows, run.record)),
            "charts": _charts(found, run),
            "examples": _examples(found, run, where, order),
        }
    return site.page(
        "evaluation.html",
        tab="/",
        view="evaluation",
        root=root,
        run=run,
        models=list(models),
        model=chosen,
        shown=shown["rows"],
        where=where,
        order=order,
        orders=(WORST, ANY),
        **shown,
    )


def _models(run: Run) -> dict[str, EvaluatedModel]:
    """{node and name: model} of all that the run evaluated."""
    from inspection.evaluation_results import read_metrics
    from records.predictions import read_predictions
    from records.shown_examples import read_shown_examples

    places = {node: path_at(found.uri) for node in NODES if (found := output_of(run, node, "evaluation"))}
    examples = read_shown_examples(str(places["Evaluator"])) if "Evaluator" in places else []
    models = {}
    for node, place in places.items():
        values, predictions = read_metrics(place), read_predictions(place)
        for name in dict.fromkeys(value.model for value in values):
            if name == BASELINE:
                continue
            # TFMA does not name a model that it has alone.
            is_known = predictions is not None and (name or CANDIDATE) in predictions.models
            models[f"{node}/{name or CANDIDATE}"] = EvaluatedModel(
                name=name or CANDIDATE,
                values=values,
                predictions=predictions if is_known else None,
                examples=examples if is_known else (),
            )
    return models


def _charts(model: EvaluatedModel, run: Run) -> list[tuple[str, str, Markup]]:
    """(title, what it says, chart) over all examples."""
    from inspection.adaptation import adaptation_curves, curves_by_shot
    from inspection.horizon import errors_by_step
    from inspection.prediction_charts import prediction_charts

    values = [value for value in model.values if value.model in ("", model.name)]
    found = [(f"{name} against inner steps", "", chart) for name, chart in adaptation_curves(values)]
    found += [(f"{name} against support examples", "", chart) for name, chart in curves_by_shot(values)]
    found += [(f"{name} by step of the horizon", "", chart) for name, chart in errors_by_step(values)]
    if model.predictions is not None:
        found += prediction_charts(model.predictions, model.name, run.record.labels if run.record else ())
    return [(title, note, Markup(chart)) for title, note, chart in found]


def _examples(model: EvaluatedModel, run: Run, where: str, order: str) -> dict[str, Any] | None:
    """The examples of a slice, with what is said of them; None where the run kept none."""
    from inspection.example_views import example_views, said_by
    from inspection.report import slice_names

    found = model.predictions
    if found is None or not model.examples:
        return None
    slices = list(dict.fromkeys(each for example in model.examples for each in example.slices))
    if where and where not in slices:
        raise HTTPException(404, "no example of a slice of that name was kept")
    mine = [example for example in said_by(model.examples, found, model.name) if not where or where in example.slices]
    names = slice_names(run.record)
    views = example_views(
        mine,
        kind=found.kind,
        threshold=found.threshold,
        labels=run.record.labels if run.record else (),
        slice_names=names,
    )
    if order == WORST:
        views = [view for view in sorted(views, key=lambda view: -view.loss) if view.is_wrong is not False]
    else:
        # By their keys, which are as good as drawn by lot.
        views = [view for _, view in sorted(zip([example.key for example in mine], views, strict=True), key=_first)]
    return {
        "slices": [(each, names.get(each, each)) for each in sorted(slices)],
        "shown": views[:MAX_EXAMPLES],
        "count": len(views),
    }


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]
