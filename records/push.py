"""What Pusher records of a push."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from records.artifact_files import read_file, write_file
from records.known_fields import known_fields

PUSH_FILE = "pushed.json"


@dataclass(frozen=True, kw_only=True)
class Push:
    """What became of a push.

    Attributes:
      destination: directory of the version in the registry.
      version: number of the version.
      stage: the label that the version has after the push.
      in_this_run: whether this push made the version; if not, an earlier push of the same files did.
      moved_from: the label that the version had before, where the push moved the label.
    """

    destination: str
    version: int
    stage: str
    in_this_run: bool = False
    moved_from: str | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Push":
        """A push out of its JSON; earlier versions did not say whether and whence a label was moved."""
        return cls(**known_fields(cls, values))

    def by_earlier_run(self) -> "Push":
        """The push as a run records it that took Pusher from the cache."""
        return replace(self, in_this_run=False, moved_from=None)


def write_push(uri: str, push: Push) -> None:
    """Writes what became of a push into the directory of the pushed model's artifact."""
    write_file(uri, PUSH_FILE, json.dumps(asdict(push)))


def read_push(uri: str) -> Push:
    """What became of a push, from the directory of the pushed model's artifact."""
    return Push.from_json(json.loads(read_file(uri, PUSH_FILE)))
