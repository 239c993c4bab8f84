"""The page at /docs: Swagger UI on /openapi.json, out of a package, so that it needs no other server."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_SCRIPT = "text/javascript; charset=utf-8"
_START = "start.js"
# Paths are relative, for a proxy that serves all of it below a path of its own.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway model server</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_STARTED = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true});'
_FILES = {
    _START: _SCRIPT,
    "swagger-ui-bundle.js": _SCRIPT,
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}
_HEADERS = {
    # Swagger UI sets styles, and draws its icons as data.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes() -> list[Route]:
    """The page and what it loads."""
    return [Route("/docs", _page), *(Route(f"/docs/{name}", _file) for name in _FILES)]


async def _page(request: Request) -> Response:
    return Response(_PAGE, media_type="text/html; charset=utf-8", headers=_HEADERS)


async def _file(request: Request) -> Response:
    name = request.url.path.rpartition("/")[2]
    return Response(_content(name), media_type=_FILES[name], headers={**_HEADERS, "Cache-Control": "max-age=3600"})


@cache
def _content(name: str) -> bytes:
    if name == _START:
        return _STARTED.encode()
    # The package itself is not imported: it brings FastAPI, which takes half a second.
    spec = find_spec("fastapi_offline")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "static" / name).read_bytes()
