"""Follows a submitted run to its end, with the progress of a local run."""

import time
from collections.abc import Callable

import kfp_server_api

from components.gates import GateRefused
from pipeline.errors import RunError
from pipeline.kubeflow.backend import Backend, BackendError, NoAnswer
from pipeline.kubeflow.step_log import StepEnd, step_end
from pipeline.kubeflow.step_states import FINAL, StepState, step_states
from pipeline.progress import Progress

POLL_SECS = 5.0
# A cluster's ingress may be away that long, and the run goes on meanwhile.
PATIENCE_SECS = 300.0
# The backend writes that a run is over before it writes what became of its tasks.
_POLLS_AFTER_THE_END = 3


class SubmittedRunRefused(RunError):
    """A gate of a submitted run refused."""

    title = GateRefused.title
    exit_code = GateRefused.exit_code


class NotFollowed(RunError):
    """Nobody follows the run any more; it goes on."""

    title = "Interrupted"
    exit_code = 130


class Follower:
    """Shows the nodes of one run as they begin and end."""

    def __init__(
        self, backend: Backend, run_id: str, progress: Progress, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Args:
        backend: where the run is.
        run_id: its id.
        progress: tells a person; its rows are the DAG's nodes.
        sleep: waits for so many seconds.
        """
        self._backend = backend
        self._run_id = run_id
        self._progress = progress
        self._sleep = sleep
        self._ends: dict[str, StepEnd] = {}

    def follow(self) -> None:
        """Returns when the run has succeeded.

        Raises:
          SubmittedRunRefused: a gate refused.
          RunError: a node failed, or the run was cancelled.
          BackendError: the server no longer answers.
        """
        with self._progress:
            run = self._until_over()
        self._progress.skipped([node for node, row in self._progress.rows.items() if row.state == "pending"])
        if run.state in ("SUCCEEDED", "SKIPPED"):
            return
        refused = next((end for end in self._ends.values() if end.is_refusal), None)
        if refused is not None:
            raise SubmittedRunRefused(refused.message)
        link = self._backend.link(self._run_id)
        if run.state == "CANCELED":
            raise RunError(f"the run was cancelled. See {link}.")
        said = "; ".join(f"{node}: {end.message}" for node, end in self._ends.items()) or "none of its nodes failed"
        raise RunError(f"{said}\n  The whole story: {link}")

    def _until_over(self) -> kfp_server_api.V2beta1Run:
        polls_left = _POLLS_AFTER_THE_END
        while True:
            run = self._patiently_asked()
            self._show(step_states(run, list(self._progress.rows)))
            if run.state in FINAL:
                if self._is_settled(run.state) or polls_left == 0:
                    return run
                polls_left -= 1
            self._sleep(POLL_SECS)

    def _is_settled(self, state: str) -> bool:
        """Whether the nodes are as they must be in a run of that final state."""
        left = {row.state for row in self._progress.rows.values()}
        if state == "SUCCEEDED":
            return not left & {"pending", "running"}
        return "running" not in left and (state != "FAILED" or bool(self._ends))

    def _patiently_asked(self) -> kfp_server_api.V2beta1Run:
        waited = 0.0
        while True:
            try:
                return self._backend.run(self._run_id)
            except NoAnswer:
                if waited >= PATIENCE_SECS:
                    raise
                self._sleep(POLL_SECS)
                waited += POLL_SECS

    def _show(self, states: dict[str, StepState]) -> None:
        for node, step in states.items():
            before = self._progress.rows[node].state
            if step.state == before or before not in ("pending", "running"):
                continue
            if step.state == "running":
                self._progress.started(node)
            elif step.state == "failed":
                self._ends[node] = end = self._end_of(step)
                self._progress.finished(node, "refused" if end.is_refusal else "failed", step.secs)
            elif step.state != "pending":
                self._progress.finished(node, step.state, step.secs)

    def _end_of(self, step: StepState) -> StepEnd:
        """Why a node failed."""
        reason = "its driver failed, before the step itself"
        for pod in step.pods:
            try:
                return step_end(self._backend.log(self._run_id, pod))
            except BackendError as error:
                reason = f"its log cannot be read here: {error}"
        return StepEnd(None, reason)
