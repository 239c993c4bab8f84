"""A pool of Beam workers with the project's code and your own: `python -m pipeline.beam.worker_pool [FOLDER …]`.

Beam's own pool, `apache_beam.runners.worker.worker_pool_main`, with four differences: its workers run in the Python
that it runs in, they find the modules in the folders, they say who they are wherever they ask, and they end when it is
told to.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from apache_beam.runners.worker import worker_pool_main

from pipeline.beam.worker_path import worker_path
from pipeline.config_file import make_importable


class _Pool(worker_pool_main.BeamFnExternalWorkerPoolServicer):
    """Tells workers their ids by the environment too, from where Beam 2.61 takes it when it asks for side inputs
    (`GrpcStateHandlerFactory` in apache_beam/runners/worker/sdk_worker.py). Prism from 2.63 on needs it."""

    _starting = threading.Lock()

    def StartWorker(self, start_worker_request: Any, unused_context: Any) -> Any:  # noqa: N802 - Beam's name
        with self._starting:
            os.environ["WORKER_ID"] = start_worker_request.worker_id
            return super().StartWorker(start_worker_request, unused_context)


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
        _, server = _Pool.start(use_process=True, port=arguments.port)
        server.wait_for_termination()


if __name__ == "__main__":
    main()
