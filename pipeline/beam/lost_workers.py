"""What tells a step that one of the worker processes that it started has died.

Beam's runner asks a dead worker for its answer for ever, unless it was just reading data from it: the thread that waits
for the process (`SubprocessSdkWorker.run` in apache_beam/runners/portability/local_job_service.py) raises, and nobody
listens. Here the thread in which the step waits is made to.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import psutil

from pipeline.beam.section import BeamConfig
from pipeline.beam.worker_path import worker_path
from pipeline.errors import RunError

# What Beam calls its workers' module.
_WORKER = "apache_beam.runners.worker.sdk_worker_main"
# As `SubprocessSdkWorkerHandler.start_worker` in apache_beam/runners/portability/fn_api_runner/worker_handlers.py calls
# it.
THREAD = "run_worker"


@contextlib.contextmanager
def lost_workers_end_steps() -> Iterator[None]:
    """While inside, the main thread of this process, and of forks of it, raises where one of its Beam workers dies.

    Raises:
      RunError: a worker died.
    """
    died: list[str] = []
    hook_before = threading.excepthook

    def hook(thread_error: Any) -> None:
        hook_before(thread_error)
        # The others die of the error that the first one is; once is enough.
        if thread_error.thread is not None and thread_error.thread.name == THREAD and not died:
            died.append(str(thread_error.exc_value))
            # A lock, on which the step waits, lets nothing else through.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def tell(number: int, frame: Any) -> None:
        # Beam waits at its end for those that still work.
        _end_workers()
        raise RunError(
            f"a worker of Beam's must live until its step is done. Received: {died[0] if died else 'none'}. Often its "
            f"memory ran out (137 is a kill): take fewer beam.workers, or "
            f"beam.args: [--tfxio_use_byte_size_batching]. The same command goes on: finished nodes are cached."
        )

    handler_before = signal.signal(signal.SIGUSR1, tell)
    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = hook_before
        signal.signal(signal.SIGUSR1, handler_before)


def _end_workers() -> None:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if _WORKER in process.cmdline():
                process.kill()


@contextlib.contextmanager
def local_workers(beam: BeamConfig) -> Iterator[None]:
    """While inside, processes that steps start as workers, where the engine is one of those, find what the step finds,
    and a step whose worker dies ends.

    Raises:
      RunError: a worker died.
    """
    if not beam.in_processes:
        yield
        return
    with worker_path(), lost_workers_end_steps():
        yield
