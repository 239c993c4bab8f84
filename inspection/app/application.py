"""Puts the app together."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from inspection.app import (
    compare_pages,
    data_pages,
    evaluation_pages,
    lineage_pages,
    live,
    model_pages,
    run_pages,
    static_files,
    trend_pages,
)
from inspection.app.roots import named_roots
from inspection.app.security import HOSTS, SafeHeaders
from inspection.app.site import Site
from inspection.page import Section

PAGES = (
    run_pages, compare_pages, data_pages, evaluation_pages, lineage_pages, live, model_pages, trend_pages, static_files,
)  # fmt: skip
# What a person needs to look at the first page.
WARM_UP_SECS = 2


def create_app(
    paths: Sequence[Path],
    *,
    allow_actions: bool = False,
    sections: Callable[[Path], Sequence[Section]] = lambda root: (),
) -> FastAPI:
    """The app, for any ASGI server that listens on this machine alone.

    Args:
      paths: roots, each with an ML Metadata store.
      allow_actions: whether labels of versions may be moved.
      sections: gives sections of other rooms on a root, for the pages of its runs.
    """
    # FastAPI's own pages load scripts from elsewhere.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    site = Site(roots=named_roots(paths), allow_actions=allow_actions, sections=sections)
    app.state.site = site
    for pages in PAGES:
        app.include_router(pages.router)
    app.add_exception_handler(StarletteHTTPException, _error_page)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    app.add_middleware(SafeHeaders)
    # By the time that somebody looks, the records have been read.
    threading.Thread(target=_warm_up, args=[site], daemon=True).start()
    return app


def _warm_up(site: Site) -> None:
    for root in site.roots.values():
        root.outlines()
    # The page of all runs comes first, and this would slow it down.
    time.sleep(WARM_UP_SECS)
    import inspection.report  # noqa: F401 - takes a while for whoever opens the first page of a run


async def _error_page(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, HTTPException | StarletteHTTPException)
    site: Site = request.app.state.site
    return site.page("error.html", tab="", status=error.status_code, code=error.status_code, detail=error.detail)
