"""A pool of Beam workers with the project's code and your own: `python -m pipeline.beam.worker_pool [FOLDER …]`.

Beam's own pool, `apache_beam.runners.worker.worker_pool_main`, with three differences: its workers run in the Python
that it runs in, they find the modules in the folders, and they end when it is told to.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from apache_beam.runners.worker import worker_pool_main

from pipeline.beam.worker_path import worker_path
from pipeline.config_file import make_importable


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="pipeline.beam.worker_pool", description="A pool of Beam workers.")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="Folder of modules of your own.")
    parser.add_argument("--port", type=int, default=50000, help="Where the engine's machines find it.")
    arguments = parser.parse_args()
    make_importable([folder.resolve() for folder in arguments.folders])
    # Beam starts workers by the name `python`.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    with worker_path():
        worker_pool_main.main([f"--service_port={arguments.port}"])


if __name__ == "__main__":
    main()
