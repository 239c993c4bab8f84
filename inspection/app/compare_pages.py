"""Runs beside each other."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from inspection.app.site import TheSite

# A table of more is wider than any screen.
MAX_RUNS = 12

router = APIRouter()


@router.get("/compare")
def compare(site: TheSite, run: Annotated[list[str], Query(default_factory=list)]) -> HTMLResponse:
    """The runs that the query names as ROOT/RUN; fewer than two: a page on which to choose."""
    named = list(dict.fromkeys(run))
    if len(named) > MAX_RUNS:
        raise HTTPException(400, f"at most {MAX_RUNS} runs can be compared on one page")
    if len(named) < 2:
        choices = [(root.name, overview) for root in site.roots.values() for overview in root.overviews()]
        choices.sort(key=lambda choice: choice[1].run_id, reverse=True)
        return site.page("compare_choose.html", tab="/compare", choices=choices, chosen=named)
    from inspection.comparison import compared
    from inspection.comparison_page import comparison_values

    found = []
    for name in named:
        root_name, _, run_id = name.rpartition("/")
        is_one_root = all(other.rpartition("/")[0] == root_name for other in named)
        found.append((run_id if is_one_root else name, site.root(root_name).run(run_id)))
    runs = compared(found)
    if len(runs) < 2:
        raise HTTPException(409, "a comparison needs two runs with a record; a run writes it when it ends")
    roots = dict.fromkeys(name.rpartition("/")[0] for name in named)
    others = [record for root_name in roots for record in site.root(root_name).outlines()]
    return site.page("compare.html", tab="/compare", **comparison_values(runs, others))
