"""Processes of this machine that train together."""

import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from typing import Any

from training.errors import WorkerLostError, WorkersEndedError
from training.processes.process import Process, ProcessDiedError, log_here
from training.processes.worker import Returned


def run_together(function: Callable[..., None], *arguments: Any, count: int) -> None:
    """Runs a function in several processes, which find each other by TF_CONFIG, and returns when all are done.

    They end together: where one raises or dies, the others are ended at once. SIGTERM goes to the chief, which writes a
    checkpoint if it trains. What the chief logs is logged here; what the others log, under a name of their own.

    Args:
      function: one of a module's.
      *arguments: its arguments, which can be pickled.
      count: how many processes; the first is the chief.

    Raises:
      WorkersEndedError: a process died; started again, the training goes on from its last checkpoint.
      BaseException: what the function raised first, in any of them.
    """
    with ExitStack() as stack:
        processes = []
        for config in _tf_configs(count):
            process = Process("spawn")
            stack.callback(process.close)
            stack.callback(process.kill)
            process.send(_run_as, config, function, arguments)
            processes.append(process)
        with _sigterm_to(processes[0]):
            _wait_for(processes)


def _run_as(tf_config: str, function: Callable[..., None], arguments: Sequence[Any]) -> None:
    os.environ["TF_CONFIG"] = tf_config
    function(*arguments)


def _tf_configs(count: int) -> list[str]:
    """TF_CONFIG of each process, on ports of loopback that are free."""
    with ExitStack() as stack:
        listening = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        chief, *workers = (f"127.0.0.1:{each.getsockname()[1]}" for each in listening)
    cluster = {"chief": [chief], "worker": workers}
    tasks = [{"type": kind, "index": index} for kind, addresses in cluster.items() for index in range(len(addresses))]
    return [json.dumps({"cluster": cluster, "task": task}) for task in tasks]


def _wait_for(processes: Sequence[Process]) -> None:
    """Returns when all have returned. Until then each is kept, for TensorFlow takes one that ends for lost."""
    numbers: dict[Any, int] = {process.connection: number for number, process in enumerate(processes)}
    while numbers:
        for connection in wait(list(numbers)):
            number = numbers[connection]
            try:
                message = processes[number].receive()
            except (ProcessDiedError, WorkerLostError) as lost:
                raise WorkersEndedError(
                    f"All processes must be there for a step. Received: {lost}, number {number} of {len(processes)}. "
                    f"Start the training again: it goes on from its last checkpoint."
                ) from None
            if isinstance(message, Returned):
                del numbers[connection]
            else:
                _log(message, number)


def _log(record: logging.LogRecord, number: int) -> None:
    if number:
        # What all compute is shown once.
        record.name = f"process-{number}.{record.name}"
    log_here(record)


@contextmanager
def _sigterm_to(process: Process) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: process.signal(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
