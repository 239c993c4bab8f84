"""From a pipeline root of Kubeflow's to a root that all pages read."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.cluster_runs.bring import bring_runs, brought_records
from pipeline.cluster_runs.errors import ClusterRunsError
from pipeline.cluster_runs.record import write_run_record
from pipeline.cluster_runs.runs import brought_runs
from pipeline.cluster_runs.store import write_store
from records.root import STORE_FILE
from records.stores import path_at

# Says that a root is a copy.
MARKER_FILE = "brought_from.txt"


def import_runs(place: str, root: Path, *, runs: Sequence[str] = ()) -> list[str]:
    """Brings runs and makes them a root's; what was brought before stays, and new runs are added.

    Args:
      place: pipeline root, a directory or an address such as gs://bucket/slipway.
      root: a new directory, or one that this made.
      runs: ids of the backend's; all where none is named.

    Returns:
      The runs of the root, the oldest first.

    Raises:
      ClusterRunsError: there is nothing to bring, a record cannot be trusted, or the root is another's.
      StoreError: nothing here reads the address.
      OSError: a file cannot be read or written.
    """
    marker = root / MARKER_FILE
    if (root / STORE_FILE).exists() and not marker.exists():
        raise ClusterRunsError(
            f"a root must be a new directory or one that held such runs before. Received: {root}, which holds the "
            f"{STORE_FILE} of `slipway run`. Name another one."
        )
    bring_runs(path_at(place), root, runs)
    marker.write_text(f"{place}\n")
    found = brought_runs(brought_records(root))
    write_store(root, found)
    for run in found:
        write_run_record(root, run)
    return [run.run_id for run in found]
