"""The roots that the app shows. What a URL names is looked up among what lies there, and never made into a path."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import HTTPException

from inspection.locate import run_ids
from inspection.runs import Run, RunOverview, read_overviews, read_run
from inspection.store import RunStore
from records.root import REGISTRY, run_directory
from records.run import RECORD_FILE, RunRecord, read_run_outline, read_run_record
from records.stores import is_uri
from serving.registry import Registry


@dataclass(frozen=True)
class Root:
    """One root.

    Attributes:
      name: what URLs call it; unique in the app.
      path: where it lies.
    """

    name: str
    path: Path
    _outlines: dict[Path, tuple[tuple[int, int], RunRecord]] = field(default_factory=dict, repr=False)
    # Two requests at once do not read all records twice.
    _reading: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def overviews(self) -> list[RunOverview]:
        """All runs, the newest first."""
        with self._reading:
            return read_overviews(self.path, read_record=self._outline)[::-1]

    def outlines(self) -> list[RunRecord]:
        """The records of the runs that have one, without variants and findings; oldest first."""
        with self._reading:
            found = [self._outline(run_directory(self.path, run_id)) for run_id in run_ids(self.path)]
        return [record for record in found if record is not None]

    def run(self, run_id: str) -> Run:
        """A run. Raises HTTPException (404) where the root has none of that id."""
        if run_id not in run_ids(self.path):
            raise HTTPException(404, f"{self.name} has no run of that id")
        return read_run(self.path, run_id)

    def store(self) -> RunStore:
        """ML Metadata; a connection of its own, for each request has a thread of its own."""
        return RunStore(self.path)

    def registries(self) -> list[Registry]:
        """The registries on this machine that the root's runs pushed to, and the root's own."""
        places = {str(self.path / REGISTRY): None}
        for record in self.outlines():
            for push in record.pushes:
                if not is_uri(push.destination):
                    places[push.destination.rsplit("/", 2)[0]] = None
        found = {Path(place).resolve(): place for place in places if Path(place).is_dir()}
        return [Registry(place) for place in found.values()]

    def record(self, run_id: str) -> RunRecord | None:
        """The whole record of a run that there is; None where it has left none."""
        return read_run_record(run_directory(self.path, run_id))

    def _outline(self, directory: Path) -> RunRecord | None:
        """A run's outline; that of a record that has not changed is read once."""
        path = directory / RECORD_FILE
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        version = (stat.st_mtime_ns, stat.st_size)
        known = self._outlines.get(path)
        if known is None or known[0] != version:
            record = read_run_outline(directory)
            if record is None:
                return None
            known = self._outlines[path] = (version, record)
        return known[1]


def named_roots(paths: Sequence[Path]) -> dict[str, Root]:
    """{name: root}; those of one folder name are told apart by a number."""
    found: dict[str, Root] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        name, number = path.name or "root", 1
        while name in found:
            number += 1
            name = f"{path.name}-{number}"
        found[name] = Root(name, path)
    return found
