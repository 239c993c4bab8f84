"""What Pusher records of a push."""

import json
import os
from typing import Any

from etils import epath

PUSH_FILE = "pushed.json"


def write_push(uri: str, push: dict[str, Any]) -> None:
    """Writes {destination, version, stage}."""
    epath.Path(os.path.join(uri, PUSH_FILE)).write_text(json.dumps(push))


def read_push(uri: str) -> dict[str, Any]:
    """What `write_push` wrote."""
    return json.loads(epath.Path(os.path.join(uri, PUSH_FILE)).read_text())
