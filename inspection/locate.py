"""Finds the root and the run that a person means."""

from pathlib import Path

from inspection.default_roots import PATTERNS, in_default_roots
from inspection.store import RunStore
from records.root import STORE_FILE, run_directory
from records.run import read_run_record, recorded_runs

# States of nodes that a run did not come to or left out; records of older versions call them pending.
NEVER_BEGUN = ("pending", "skipped")
# What every SQLite file begins with; ML Metadata would silently make tables in an empty one.
SQLITE_HEADER = b"SQLite format 3\0"
# A message names no more runs than this: a root may hold hundreds.
NAMED_RUNS = 5


class RunNotFoundError(ValueError):
    """No such root, run or version, or several that could be meant."""

    title = "Not found"
    exit_code = 2


def find_root(root: Path | None) -> Path:
    """The root that was named, or the only one of the configs here and in the folders below.

    Raises:
      RunNotFoundError: there is none, or more than one to choose from.
    """
    if root is None:
        root = _only_root()
    if not (root / STORE_FILE).is_file():
        raise RunNotFoundError(
            f"--root must be a directory that `slipway run` wrote. Received: {root}, which holds no {STORE_FILE}. "
            "Check the path; unless told otherwise `slipway run` writes to output/NAME beside its config."
        )
    with (root / STORE_FILE).open("rb") as store:
        header = store.read(len(SQLITE_HEADER))
    if header != SQLITE_HEADER:
        raise RunNotFoundError(
            f"{STORE_FILE} must be an ML Metadata store. Received: {root / STORE_FILE}, which is no SQLite file. "
            "Restore it from a copy, or move the directory away and run the pipeline again."
        )
    return root


def _only_root() -> Path:
    found = [path.parent for path in in_default_roots(STORE_FILE)]
    if len(found) != 1:
        what = ", ".join(map(str, found)) or f"none below {Path.cwd()}"
        advice = "Name one with --root." if found else "Name it with --root, or make one with `slipway run`."
        places = " or ".join(f"./{pattern}" for pattern in PATTERNS)
        raise RunNotFoundError(f"Without --root there must be one root in {places}. Received: {what}. {advice}")
    return found[0]


def run_ids(root: Path) -> list[str]:
    """The runs of a root, oldest first: those with a record and those that only ML Metadata knows of."""
    recorded = {directory.name for directory in recorded_runs(root)}
    # An id begins with the time at which the run started.
    return sorted(recorded.union(RunStore(root).run_ids()))


def find_run(root: Path, run: str) -> str:
    """The id that `run` means: an id, the beginning of one, or `latest`, the last run of the whole pipeline, whatever
    became of it; where there is none, the last one.

    Raises:
      RunNotFoundError: no run or several are meant.
    """
    ids = run_ids(root)
    if run == "latest" and ids:
        return next((run_id for run_id in reversed(ids) if _is_whole(run_directory(root, run_id))), ids[-1])
    meant = [run] if run in ids else [run_id for run_id in ids if run_id.startswith(run)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        what, advice = f"which could be {_newest(meant)}", "Type more of it."
    elif ids:
        what, advice = f"but {root} has {_newest(ids)}", f"`slipway inspect --root {root}` lists all."
    else:
        what, advice = f"but {root} has no run", "`slipway run` makes one."
    raise RunNotFoundError(
        f"A run must be `latest`, an id, or the beginning of one. Received: {run!r}, {what}. {advice}"
    )


def _is_whole(directory: Path) -> bool:
    """Whether a run was one of the whole pipeline, with --from and --to left out, and came to any node."""
    record = read_run_record(directory)
    if record is None:
        # It goes on or was killed, and ML Metadata has its nodes.
        return True
    begun = [node.state not in NEVER_BEGUN for node in record.nodes]
    # Records of older versions do not say what was asked for.
    is_part = record.from_node or record.to_node or (record.state == "done" and not all(begun))
    return any(begun) and not is_part


def _newest(ids: list[str]) -> str:
    older = len(ids) - NAMED_RUNS
    return ", ".join(reversed(ids[-NAMED_RUNS:])) + (f" and {older} older" if older > 0 else "")
