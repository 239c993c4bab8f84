"""What Pusher records of a push."""

import json
from typing import Any

from records.artifact_files import read_file, write_file

PUSH_FILE = "pushed.json"


def write_push(
    uri: str, *, destination: str, version: int, stage: str, in_this_run: bool, moved_from: str | None
) -> None:
    """Writes what became of a push.

    Args:
      uri: of the artifact.
      destination: where the version is.
      version: its number.
      stage: the label that it has after the push.
      in_this_run: whether the push made it; if not, an earlier one of the same files did.
      moved_from: the label that it had before, where the push moved that.
    """
    push = {
        "destination": destination,
        "version": version,
        "stage": stage,
        "in_this_run": in_this_run,
        "moved_from": moved_from,
    }
    write_file(uri, PUSH_FILE, json.dumps(push))


def read_push(uri: str) -> dict[str, Any]:
    """What `write_push` wrote."""
    return json.loads(read_file(uri, PUSH_FILE))
