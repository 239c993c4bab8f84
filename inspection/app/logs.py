"""Logs of runs."""

from pathlib import Path

from inspection.app.roots import Root
from records.root import LOG_FILE, run_directory

# Of a log that a page shows; all of it is one click away.
TAIL_BYTES = 30_000


def log_of(root: Root, run_id: str) -> Path | None:
    """The log of a run that there is; None where it left none."""
    path = run_directory(root.path, run_id) / LOG_FILE
    return path if path.is_file() else None


def tail(path: Path) -> str:
    """The end of a log, from the beginning of a line on."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return text if size <= TAIL_BYTES else text.partition("\n")[2]
