"""Follows the nodes of a run, for the record and the terminal; ends the run where a gate refuses."""

from collections.abc import Callable, Sequence
from pathlib import Path

from components.gates import GateRefused, refuse_if_failed
from inspection.changes import Reasons
from inspection.store import NodeExecution, RunStore
from pipeline.progress import Progress
from pipeline.run_results import GATES, NODES_OF_GATES
from records.findings import Finding, read_findings
from records.run import NodeRecord
from training.errors import Preempted


class NodeStates:
    """The observer of a run; see `local_runner.Observer`."""

    def __init__(
        self,
        nodes: Sequence[NodeRecord],
        progress: Progress,
        *,
        root: Path,
        run_id: str,
        source_notes: Callable[[], Sequence[str]],
    ) -> None:
        """Args:
        nodes: nodes of the run's record, which are kept up to date.
        progress: tells a person.
        root: root of the pipeline.
        run_id: id of the run.
        source_notes: what to say of the data, once ExampleGen has read it.
        """
        self.nodes = {node.name: node for node in nodes}
        self.progress = progress
        self._root = root
        self._run_id = run_id
        self._source_notes = source_notes
        self._reasons: Reasons | None = None

    def node_started(self, node: str) -> None:
        """See local_runner.Observer."""
        self.nodes[node].state = "running"
        self.progress.started(node)

    def node_finished(self, node: str, *, cached: bool, secs: float, executor_secs: float) -> None:
        """See local_runner.Observer.

        Raises:
          GateRefused: the node is a gate whose findings refuse; whatever comes after it would do so.
        """
        execution = self._execution(node)
        findings = _findings(node, execution)
        state = "refused" if any(finding.refuses for finding in findings) else "cached" if cached else "done"
        reasons = [] if cached else self._reasons_of(execution)
        self._settle(node, state, secs, executor_secs, cached=cached, reasons=reasons)
        refuse_if_failed(findings)

    def node_failed(self, node: str, error: BaseException, *, secs: float, executor_secs: float) -> None:
        """See local_runner.Observer."""
        if isinstance(error, GateRefused) and NODES_OF_GATES[error.gate] != node:
            # What an earlier run's gate had found, which this step found first thing and did nothing.
            self.nodes[node].state = "pending"
            self._settle(NODES_OF_GATES[error.gate], "refused", 0.0, 0.0)
            return
        is_interrupt = isinstance(error, (KeyboardInterrupt, Preempted))
        state = "refused" if isinstance(error, GateRefused) else "interrupted" if is_interrupt else "failed"
        self._settle(node, state, secs, executor_secs, reasons=self._reasons_of(self._execution(node)))

    def node_restarted(self, node: str) -> None:
        """See local_runner.Observer."""
        self.nodes[node].restarts += 1

    def finish(self) -> None:
        """Marks what the run did not come to, or was told to leave out."""
        skipped = [node for node in self.nodes.values() if node.state == "pending"]
        for node in skipped:
            node.state = "skipped"
        self.progress.skipped([node.name for node in skipped])

    def _settle(
        self,
        node: str,
        state: str,
        secs: float,
        executor_secs: float,
        *,
        cached: bool = False,
        reasons: Sequence[str] = (),
    ) -> None:
        row = self.nodes[node]
        row.state, row.cached, row.secs, row.executor_secs = state, cached, secs, executor_secs
        row.reasons = list(reasons)
        # What was read, beside why it was read again.
        notes = self._source_notes() if (node, state) == ("ExampleGen", "done") else ()
        self.progress.finished(node, state, secs, note="; ".join([*notes, *reasons]))

    def _execution(self, node: str) -> NodeExecution | None:
        """The node's in this run; None where it failed before ML Metadata knew of it."""
        return next((each for each in RunStore(self._root).run(self._run_id) if each.node == node), None)

    def _reasons_of(self, execution: NodeExecution | None) -> list[str]:
        """Why the node ran though an earlier run had it."""
        if execution is None:
            return []
        self._reasons = self._reasons or Reasons(RunStore(self._root))
        made = [artifact.id for artifacts in execution.outputs.values() for artifact in artifacts]
        return [str(reason) for reason in self._reasons.of(execution, outputs=made)]


def _findings(node: str, execution: NodeExecution | None) -> tuple[Finding, ...]:
    """The findings that the node published, if it is a gate."""
    if node not in GATES or execution is None:
        return ()
    return read_findings(execution.outputs[GATES[node]][0].uri)
