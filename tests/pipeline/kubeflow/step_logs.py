"""Logs of steps as Kubeflow's launcher writes them around what the step writes."""

from components.gates import GateRefused
from records.findings import Finding

# The launcher's own lines around a command's: glog's format, and the messages of launcher_v2.go and main.go.
BEFORE = "I1126 12:00:00.000000       1 launcher_v2.go:191] publish success.\n"
# How a step writes that a gate refused, and what of it a person wants to hear.
FINDING = Finding(gate="evaluation", metric="accuracy", where="test", value=0.5, limit=">= 0.9", passed=False)
REFUSED = f"the evaluation gate. {FINDING}"
REFUSAL = f"Nothing was pushed. Train more.\n{GateRefused.title}: {REFUSED}"


def step_log(output: str, error: str) -> str:
    """The log of a step that fails.

    Args:
      output: what its command wrote.
      error: what Go says of the command's end, such as exit status 3.
    """
    return (
        f"{BEFORE}{output}\nI1126 12:00:09.123456       1 launcher_v2.go:151] publish success.\n"
        f"F1126 12:00:10.123456       1 main.go:59] failed to execute component: {error}\n"
    )
