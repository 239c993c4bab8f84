"""The runs, one run, and its log."""

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse

from inspection.app.logs import log_of, tail
from inspection.app.roots import Root
from inspection.app.site import Site, TheSite
from inspection.runs import RunOverview, nodes_of

router = APIRouter()


@dataclass(frozen=True)
class RunRow:
    """A run in the table of all."""

    root: Root
    overview: RunOverview

    @property
    def words(self) -> str:
        """What a search looks in."""
        run = self.overview
        return " ".join([self.root.name, run.run_id, run.pipeline, run.state, *run.pushed, run.chosen or ""]).lower()


@router.get("/")
def runs(site: TheSite) -> StreamingResponse:
    """All runs of all roots, the newest first."""
    return site.page_in_two("runs.html", tab="/", read_rows=lambda: _rows(site))


def _rows(site: Site) -> tuple[list[RunRow], list[str], list[str]]:
    """(rows, their states, names of their metrics)."""
    rows = [RunRow(root, overview) for root in site.roots.values() for overview in root.overviews()]
    rows.sort(key=lambda row: row.overview.run_id, reverse=True)
    states = list(dict.fromkeys(row.overview.state for row in rows))
    metrics = list(dict.fromkeys(name for row in rows for name in row.overview.metrics))
    return rows, states, metrics


@router.get("/runs/{root_name}/{run_id}")
def run(site: TheSite, root_name: str, run_id: str) -> HTMLResponse:
    """All that a report has, what was logged, and the artifacts with their properties."""
    # Takes numpy and plotly along, for which the start of the app does not wait.
    from inspection.report import report_values

    root = site.root(root_name)
    found = root.run(run_id)
    path = log_of(root, run_id)
    return site.page(
        "run_page.html",
        tab="/",
        root=root,
        **report_values(found, studies=site.sections(root.path)),
        node_views=nodes_of(found),
        log=tail(path) if path else "",
    )


@router.get("/runs/{root_name}/{run_id}/log")
def log(site: TheSite, root_name: str, run_id: str) -> PlainTextResponse:
    """The whole log, as plain text."""
    root = site.root(root_name)
    path = log_of(root, root.run(run_id).run_id)
    if path is None:
        raise HTTPException(404, "the run has left no log")
    return PlainTextResponse(path.read_text(errors="replace"))
