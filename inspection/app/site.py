"""What all pages of the app share: its roots, its templates, and what it may do."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from inspection.app.roots import Root
from inspection.page import Section, environment

# In app.html, before the block `content`.
HEAD_END = "</header>"
PAGES = (("/", "Runs"), ("/compare", "Compare"), ("/models", "Models"), ("/trends", "Trends"))


@dataclass(frozen=True, kw_only=True)
class Site:
    """The app's state; none of it changes while it runs.

    Attributes:
      roots: by name.
      allow_actions: whether labels may be moved.
      sections: sections of other rooms on a root, such as its studies.
      token: what a form of ours holds and no other site knows.
    """

    roots: Mapping[str, Root]
    allow_actions: bool
    sections: Callable[[Path], Sequence[Section]]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def root(self, name: str) -> Root:
        """A root. Raises HTTPException (404) where there is none of that name."""
        if name not in self.roots:
            raise HTTPException(404, "no root of that name")
        return self.roots[name]

    def page(self, template: str, *, tab: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page.

        Args:
          template: one of the app's; it extends `app.html`.
          tab: which of the pages at the top it belongs to.
          status: HTTP's.
          values: what the template shows.
        """
        found = environment("inspection.app").get_template(template)
        return HTMLResponse(found.render(values, site=self, tab=tab, pages=PAGES), status_code=status)

    def page_in_two(self, template: str, *, tab: str, **values: Any) -> StreamingResponse:
        """A page whose head is sent before what takes time has been read, so that the browser loads styles meanwhile.

        Args:
          template: as of `page`; it asks for what takes time in its block `content`.
          tab: as of `page`.
          values: what the template shows, functions among them.
        """
        found = environment("inspection.app").get_template(template)
        return StreamingResponse(
            _in_two(found.generate(values, site=self, tab=tab, pages=PAGES)), media_type="text/html"
        )


def _in_two(parts: Iterator[str]) -> Iterator[str]:
    """A page up to the end of its head, and the rest."""
    head = []
    for part in parts:
        head.append(part)
        if HEAD_END in part:
            break
    # Parts may be markup, which `+` would escape what it is added to for.
    yield "".join(head)
    yield "".join(parts)


def _site(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


TheSite = Annotated[Site, Depends(_site)]
