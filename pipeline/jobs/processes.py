"""The processes of a run that executors run in."""

import logging
import signal
import threading
import time
from typing import Protocol

from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput

from pipeline.jobs.execution import ExecutorSpec, execute, execute_message
from training.errors import Preempted
from training.processes.process import Process, ProcessDiedError, log_here


class PreemptedAlone(Preempted):
    """An executor's process was told to end, and the run was not; started again, it goes on from its checkpoint."""


class Processes(Protocol):
    """Attributes:
    count: how many executors may run at once.
    """

    count: int

    def execute(self, spec: ExecutorSpec, info: ExecutionInfo) -> ExecutorOutput:
        """Runs an executor. Raises what it raises."""

    def wait(self, secs: float) -> None:
        """Lets time pass. Raises KeyboardInterrupt if the run is to end."""

    def close(self) -> None:
        """Ends the processes beside the run's own. None may be at work."""


class ThisProcess:
    """The run's own process."""

    count = 1

    def execute(self, spec: ExecutorSpec, info: ExecutionInfo) -> ExecutorOutput:
        """See Processes."""
        return execute(spec, info)

    def wait(self, secs: float) -> None:
        """See Processes."""
        time.sleep(secs)

    def close(self) -> None:
        """See Processes."""


class WorkerProcesses:
    """Processes beside the run's own, which executors take in turns. Its methods may be called from any thread."""

    def __init__(self, count: int) -> None:
        """To be made before this process computes anything: the others are forks of it, which begin with all that it
        has imported.

        Args:
          count: how many there are.
        """
        self.count = count
        self._lock = threading.Lock()
        self._idle = [Process("fork") for _ in range(count)]
        self._busy: set[Process] = set()
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to start."""
        return self._over.is_set()

    def execute(self, spec: ExecutorSpec, info: ExecutionInfo) -> ExecutorOutput:
        """See Processes.

        Raises:
          ProcessDiedError: the process died, or somebody interrupted it alone.
          PreemptedAlone: somebody told it alone to end while it trained.
          KeyboardInterrupt: the run is to end.
        """
        node = info.pipeline_node.node_info.id
        message = type(spec), spec.SerializeToString(), info.to_proto().SerializeToString()
        process = self._take()
        try:
            output = process.call(execute_message, *message, log=lambda record: _log(record, node))
        except ProcessDiedError as died:
            with self._lock:
                self._busy.discard(process)
            process.close()
            if self.is_over:
                raise KeyboardInterrupt from None
            raise ProcessDiedError(
                f"the process of {node} must live until it is done. Received: {died}. Type the same command again: "
                f"finished nodes are taken from the cache, and trainings go on from their checkpoints."
            ) from None
        except (KeyboardInterrupt, Preempted) as interrupt:
            self._give_back(process)
            if self.is_over:
                raise
            if isinstance(interrupt, Preempted):
                raise PreemptedAlone(*interrupt.args) from None
            raise ProcessDiedError(f"the process of {node} was interrupted, and the run was not.") from None
        except BaseException:
            self._give_back(process)
            raise
        self._give_back(process)
        return ExecutorOutput.FromString(output)

    def wait(self, secs: float) -> None:
        """See Processes."""
        if self._over.wait(secs):
            raise KeyboardInterrupt

    def interrupt(self, number: signal.Signals) -> None:
        """Sends a signal to those that are at work; from now on nothing starts."""
        with self._lock:
            self._over.set()
            for process in self._busy:
                process.signal(number)

    def kill(self) -> None:
        """Ends those that are at work at once; from now on nothing starts."""
        with self._lock:
            self._over.set()
            for process in self._busy:
                process.kill()

    def close(self) -> None:
        """See Processes."""
        for process in self._idle:
            process.close()

    def _take(self) -> Process:
        with self._lock:
            if self.is_over:
                raise KeyboardInterrupt
            # The last to come back first, for it has imported most. One that died is replaced by one that imports all
            # anew: in this process there are threads by now, with which no fork is safe.
            process = self._idle.pop() if self._idle else Process("spawn")
            self._busy.add(process)
            return process

    def _give_back(self, process: Process) -> None:
        with self._lock:
            self._busy.discard(process)
            self._idle.append(process)


def _log(record: logging.LogRecord, node: str) -> None:
    record.node = node
    log_here(record)
