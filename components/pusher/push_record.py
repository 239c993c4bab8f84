"""What Pusher records of a push."""

import json
from typing import Any

from components.files import read_file, write_file

PUSH_FILE = "pushed.json"


def write_push(uri: str, push: dict[str, Any]) -> None:
    """Writes {destination, version, stage}."""
    write_file(uri, PUSH_FILE, json.dumps(push))


def read_push(uri: str) -> dict[str, Any]:
    """What `write_push` wrote."""
    return json.loads(read_file(uri, PUSH_FILE))
