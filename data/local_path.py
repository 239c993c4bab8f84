"""Paths on this machine, told from addresses such as gs://bucket/images, whose double slash pathlib would fold."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_uri(text: str) -> bool:
    """Whether it starts with a scheme and two slashes (RFC 3986, section 3)."""
    return _SCHEME.match(text) is not None


def _on_this_machine(value: object) -> object:
    if isinstance(value, str) and is_uri(value):
        raise ValueError(
            f"shipped sources read files of this machine. Received: {value!r}. Mount what is elsewhere and give its "
            f"local path, or read it by a source of your own."
        )
    return value


LocalPath = Annotated[Path, BeforeValidator(_on_this_machine)]
