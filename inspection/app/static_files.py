"""Scripts and styles, each read once. A name is looked up in a table, so that no other file can be asked for."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from inspection.page import charts_script, environment, plotly_script

SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"

router = APIRouter()


def _own(name: str) -> str:
    return (files("inspection.app") / "static" / name).read_text()


FILES: dict[str, tuple[str, Callable[[], str]]] = {
    "plotly.js": (SCRIPT, plotly_script),
    "charts.js": (SCRIPT, charts_script),
    "app.js": (SCRIPT, lambda: _own("app.js")),
    "live.js": (SCRIPT, lambda: _own("live.js")),
    "style.css": (STYLE, lambda: environment("inspection").get_template("style.css").render()),
    "app.css": (STYLE, lambda: _own("app.css")),
}


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """A script or a style."""
    if name not in FILES:
        raise HTTPException(404, "no such file")
    return Response(_content(name), media_type=FILES[name][0], headers={"Cache-Control": "max-age=60"})


@router.get("/favicon.ico")
def favicon() -> Response:
    """None; browsers ask for it unasked."""
    return Response(status_code=204)


@cache
def _content(name: str) -> bytes:
    return FILES[name][1]().encode()
