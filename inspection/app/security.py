"""What keeps other sites out of an app that listens on this machine alone.

A browser here may be told by any site to ask 127.0.0.1 for something, or to take that site's name for 127.0.0.1 (DNS
rebinding). Hence the check of the Host header, no answer to other origins, a token in forms, and pages that run no
script but the app's own files, whatever stands in a record.
"""

import secrets
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ["127.0.0.1", "localhost"]
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A form of ours has a few short fields.
MAX_FORM_BYTES = 10_000


class SafeHeaders:
    """Sends the headers above with every answer; plotly.js needs styles inside the page, and no script there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the app."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


async def read_form(request: Request, token: str) -> dict[str, str]:
    """The fields of a form of ours.

    Args:
      request: a post.
      token: what the app put into its forms.

    Raises:
      HTTPException: another site's form (403), or one too large (413).
    """
    if int(request.headers.get("content-length", 0)) > MAX_FORM_BYTES:
        raise HTTPException(413, "a form of this app is smaller")
    fields = {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    origin = request.headers.get("origin")
    is_ours = origin in (None, f"{request.url.scheme}://{request.url.netloc}")
    if not is_ours or not secrets.compare_digest(fields.get("token", "").encode(), token.encode()):
        raise HTTPException(403, "the form is not of this app, or of an earlier start of it; load its page again")
    return fields
