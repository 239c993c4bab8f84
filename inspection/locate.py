"""Which root and which run a person means."""

from pathlib import Path

from inspection.store import STORE_FILE, RunStore

RECORD_FILE = "summary.json"


class RunNotFoundError(ValueError):
    """No such root, run or version."""

    title = "Not found"
    exit_code = 2


def find_root(root: Path | None) -> Path:
    """The root that was named, or the only one below ./output.

    Raises:
      RunNotFoundError: there is none, or more than one to choose from.
    """
    if root is not None:
        if not (root / STORE_FILE).exists():
            raise RunNotFoundError(
                f"--root must be a directory that `slipway run` wrote. Received: {root}, which holds no {STORE_FILE}."
            )
        return root
    found = sorted(path.parent for path in Path("output").glob(f"*/{STORE_FILE}"))
    if len(found) != 1:
        what = ", ".join(map(str, found)) or f"none below {Path('output').resolve()}"
        raise RunNotFoundError(
            f"without --root there must be one root below ./output. Received: {what}. Name it by --root."
        )
    return found[0]


def run_ids(root: Path) -> list[str]:
    """The runs of a root, oldest first: those with a record and those that only ML Metadata knows of."""
    recorded = {path.parent.name for path in root.glob(f"runs/*/{RECORD_FILE}")}
    return sorted(recorded.union(RunStore(root).run_ids()))


def find_run(root: Path, run: str) -> str:
    """The id that `run` means: an id, the beginning of one, or `latest`.

    Raises:
      RunNotFoundError: no run or several are meant.
    """
    ids = run_ids(root)
    if run == "latest" and ids:
        return ids[-1]
    meant = [run] if run in ids else [run_id for run_id in ids if run_id.startswith(run)]
    if len(meant) != 1:
        what = f"{run!r}, which could be {', '.join(meant)}" if meant else f"{run!r}"
        raise RunNotFoundError(
            f"a run must be latest, an id or the beginning of one: {', '.join(ids)}. Received: {what}."
        )
    return meant[0]
