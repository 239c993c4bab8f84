"""Nodes side by side: each waits for those whose outputs it reads, and for no other."""

import queue
import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from components.gates import GateRefused
from pipeline.jobs.order import Order
from pipeline.jobs.processes import WorkerProcesses
from training.errors import Preempted

# What a run raises, where several nodes raised: a gate's verdict before what bad data did to a node ahead of it.
_FIRST = (GateRefused, Preempted, KeyboardInterrupt, BaseException)


def run_side_by_side(nodes: Sequence[Any], run: Callable[[Any], None], processes: WorkerProcesses) -> None:
    """Runs nodes, each in a thread of its own, at most as many at once as there are processes.

    Where one fails, those that do not need it go on to their end, for what they do is kept. Where a gate refuses, all
    that still runs is ended.

    Args:
      nodes: TFX's PipelineNodes, in topological order.
      run: runs one of them.
      processes: where their executors run.

    Raises:
      BaseException: what a node raised: a gate's refusal before an interrupt, and that before what failed.
    """
    _SideBySide(nodes, run, processes).run()


class _SideBySide:
    def __init__(self, nodes: Sequence[Any], run: Callable[[Any], None], processes: WorkerProcesses) -> None:
        self._nodes = {node.node_info.id: node for node in nodes}
        self._order = Order(nodes)
        self._run = run
        self._processes = processes
        # Nodes that are over with what they raised, and signals.
        self._events: queue.SimpleQueue[tuple[str, BaseException | None] | signal.Signals] = queue.SimpleQueue()
        self._started: set[str] = set()
        self._running: set[str] = set()
        self._done: set[str] = set()
        self._errors: dict[str, BaseException] = {}
        self._interrupts: list[KeyboardInterrupt] = []

    def run(self) -> None:
        # An exception out of a handler could come between any two lines, and a node be forgotten.
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._start()
            while self._running:
                event = self._events.get()
                if isinstance(event, signal.Signals):
                    self._interrupt(event)
                else:
                    self._settle(*event)
                self._start()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        # Of equals the first in the order of the DAG, for what failed behind it may have failed by it.
        errors = [self._errors[name] for name in self._nodes if name in self._errors] + self._interrupts
        if errors:
            raise min(errors, key=_rank)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._events.put(signal.Signals(number))

    def _start(self) -> None:
        """Starts what may start."""
        if self._processes.is_over:
            return
        free = self._processes.count - len(self._running)
        for name in self._order.startable(started=self._started, done=self._done)[:free]:
            self._started.add(name)
            self._running.add(name)
            threading.Thread(target=self._run_node, args=(name,), name=name, daemon=True).start()

    def _run_node(self, name: str) -> None:
        error: BaseException | None = None
        try:
            self._run(self._nodes[name])
        except BaseException as raised:
            error = raised
        self._events.put((name, error))

    def _settle(self, name: str, error: BaseException | None) -> None:
        self._running.discard(name)
        if error is None:
            self._done.add(name)
            return
        self._errors[name] = error
        if isinstance(error, GateRefused):
            self._processes.kill()

    def _interrupt(self, number: signal.Signals) -> None:
        """Passes an interrupt on, on which a training may write a checkpoint; a second one ends all at once."""
        if self._processes.is_over:
            self._processes.kill()
            return
        self._interrupts.append(KeyboardInterrupt())
        self._processes.interrupt(number)


def _rank(error: BaseException) -> int:
    return next(rank for rank, kind in enumerate(_FIRST) if isinstance(error, kind))
