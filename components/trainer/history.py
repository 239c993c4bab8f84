"""The history of a training: one JSON object an epoch."""

import json
from dataclasses import asdict
from typing import Any

from etils import epath

from training.records import EpochRecord


class History:
    """Adds epochs to a file that may hold those of a process that was killed."""

    def __init__(self, path: epath.Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def add(self, record: EpochRecord) -> None:
        """Writes an epoch; rows of the same one and of later ones, which a checkpoint did not reach, go."""
        self.rows = [row for row in self.rows if row["epoch"] < record.epoch] + [asdict(record)]
        temporary = self._path.with_name(self._path.name + ".tmp")
        temporary.write_text("".join(json.dumps(row) + "\n" for row in self.rows))
        temporary.replace(self._path)
