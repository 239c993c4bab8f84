"""What lies in a pipeline's root."""

from pathlib import Path

# ML Metadata's SQLite file.
STORE_FILE = "metadata.db"
# Holds the number of the process that uses the root.
LOCK_HOLDER_FILE = ".lock.pid"
# Holds the name of the folder that this root's artifacts have at an object store.
FOLDER_NAME_FILE = "artifacts.name"
# A run's log, in its directory.
LOG_FILE = "run.log"
# The folder of what trainings keep until they are done.
WORKSPACES = "workspaces"
# The folder of the registry, unless the config names another.
REGISTRY = "registry"


def run_directory(root: Path, run_id: str) -> Path:
    """The directory of a run's record, log and report."""
    return root / "runs" / run_id
