"""How a step that failed says so: what the last line of its log is, and its exit code."""

import sys
import traceback

from components.gates import GateRefused
from pipeline.error_causes import describe_error, user_error
from tasks.loading import TaskNotFoundError


def report(error: BaseException) -> int:
    """Writes to stderr why a step failed, in the end in one line. Gives the step's exit code."""
    behind = user_error(error)
    missing = behind.__cause__ if isinstance(behind, TaskNotFoundError) else None
    if isinstance(error, KeyboardInterrupt):
        code, line = 130, "Interrupted."
    elif isinstance(missing, ModuleNotFoundError):
        code = TaskNotFoundError.exit_code
        line = (
            f"Wrong image: it must hold the task's modules. Received: an image without {missing.name!r}. Build one "
            f"with it, as docs/kubeflow.md has it under 'A task of your own', and name that in kubeflow.image."
        )
    elif isinstance(behind, GateRefused):
        print(f"Nothing was pushed. {behind.advice}", file=sys.stderr)
        refusing = " ".join(str(finding) for finding in behind.findings if finding.refuses)
        code, line = behind.exit_code, f"{behind.title}: the {behind.gate} gate. {refusing}"
    elif behind is not None:
        code, line = behind.exit_code, f"{behind.title}: {behind}"
    else:
        traceback.print_exception(error)
        code, line = 1, f"Step failed: {describe_error(error)}"
    print(" ".join(line.split()), file=sys.stderr, flush=True)
    return code
