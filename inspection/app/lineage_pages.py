"""An artifact, up to the data and down to what was pushed, as a graph that can be walked."""

from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from inspection.app.site import TheSite
from inspection.dag_drawing import BOX_HEIGHT, BOX_WIDTH, draw
from inspection.lineage import Step, find_pushed_model, find_registered, model_name, origin_of
from inspection.lineage_graph import Neighbourhood, neighbourhood
from inspection.locate import RunNotFoundError
from inspection.runs import utc
from inspection.store import Artifact, NodeExecution
from records.properties import BLESSED, PUSHED

# A property of more, such as the code's digests, is folded.
LONG = 200

router = APIRouter()


@router.get("/lineage/{root_name}/model/{model}/{version}")
def of_model(site: TheSite, root_name: str, model: str, version: int) -> Response:
    """To the artifact that a pushed version is."""
    try:
        pushed = find_pushed_model(site.root(root_name).store(), f"{model}/{version}")
    except RunNotFoundError:
        raise HTTPException(404, "no run of the root pushed that version") from None
    return RedirectResponse(f"/lineage/{root_name}/{pushed.id}")


@router.get("/lineage/{root_name}/run/{run_id}")
def of_run(site: TheSite, root_name: str, run_id: str) -> Response:
    """To the last artifact of a run: what it pushed, or as far as it came."""
    run = site.root(root_name).run(run_id)
    made = [artifact for e in run.executions for found in e.outputs.values() for artifact in found]
    if not made:
        raise HTTPException(404, "the run has made no artifact")
    pushed = [artifact for artifact in made if artifact.type == "PushedModel"]
    return RedirectResponse(f"/lineage/{root_name}/{(pushed or made)[-1].id}")


@router.get("/lineage/{root_name}/{artifact_id}")
def of_artifact(site: TheSite, root_name: str, artifact_id: int) -> HTMLResponse:
    """An artifact, the execution that wrote it, and the graph around it."""
    root = site.root(root_name)
    store = root.store()
    artifact = store.artifact(artifact_id)
    if artifact is None:
        raise HTTPException(404, f"{root.name} has no artifact of that number")
    around = neighbourhood(store, artifact)
    return site.page(
        "lineage.html",
        tab="/",
        root=root,
        around=around,
        graph=_graph(around),
        long=LONG,
        utc=utc,
        verdict=_verdict(artifact),
        origin=origin_of(around.producer) if around.producer else {},
        registered=find_registered(artifact) if artifact.properties.get(PUSHED) == 1 else None,
        model=model_name(artifact) if artifact.properties.get(PUSHED) == 1 else "",
    )


def _graph(around: Neighbourhood) -> dict[str, Any]:
    """The drawing, with a box for each execution; a box leads to the execution's first artifact."""
    drawing = draw({str(id_): [str(each) for each in sources] for id_, sources in around.upstream.items()})
    boxes = []
    for box in drawing.boxes:
        execution = around.executions[int(box.name)]
        first = next((artifact for found in execution.outputs.values() for artifact in found), None)
        boxes.append((box, execution, first, _is_same(execution, around.producer), _mark(execution)))
    return {"drawing": drawing, "boxes": boxes, "box_width": BOX_WIDTH, "box_height": BOX_HEIGHT}


def _mark(execution: NodeExecution) -> str:
    """Whether a gate let the model pass; empty for what is no gate."""
    blessed = Step(execution=execution).blessed
    return "" if blessed is None else " ✓" if blessed else " ✗"


def _is_same(execution: NodeExecution, other: NodeExecution | None) -> bool:
    return other is not None and execution.id == other.id


def _verdict(artifact: Artifact) -> str:
    """What a gate's blessing says; empty for all other artifacts."""
    if not artifact.type.endswith("Blessing"):
        return ""
    return "blessed" if artifact.properties.get(BLESSED, 1) == 1 else "not blessed"
