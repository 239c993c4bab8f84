"""How a step ended, from its log: the API tells neither its exit code nor why it failed.

KFP's launcher starts the step's command, passes its output on, and ends with exit code 1 whatever the command's was.
Its last line has the command's (kubeflow/pipelines 2.17.0: backend/src/v2/component/launcher_v2.go:178 and :715,
backend/src/v2/cmd/launcher-v2/main.go:59).
"""

import re
from dataclasses import dataclass

from components.gates import GateRefused

# glog's header, which has the level, month and day in front: F1126 12:00:00.000000       1 main.go:59]
_GLOG = re.compile(r"[IWEF]\d{4} [\d:.]+ +\d+ [\w.-]+:\d+\] ")
_ENDED = re.compile(r"F.*\bfailed to execute component: .*\bexit status (\d+)")
_REFUSED = f"{GateRefused.title}: "


@dataclass(frozen=True)
class StepEnd:
    """Attributes:
    exit_code: of the step's command; None where the log does not say.
    message: why it ended, which the step's last line says; the gate, the metric and the limit where a gate refused.
    """

    exit_code: int | None
    message: str

    @property
    def is_refusal(self) -> bool:
        return self.exit_code == GateRefused.exit_code


def step_end(log: str) -> StepEnd:
    """How a step that failed ended.

    Args:
      log: what its main container wrote.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    ended = [ended for line in lines if _GLOG.match(line) and (ended := _ENDED.match(line))]
    last = next((line for line in reversed(lines) if not _GLOG.match(line)), "it wrote nothing")
    return StepEnd(int(ended[-1][1]) if ended else None, last.removeprefix(_REFUSED))
