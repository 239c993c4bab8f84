"""How a step that failed says so: the last line of its log, and its exit code."""

import sys
import traceback

from components.gates import GateRefused
from pipeline.error_causes import describe_error, user_error
from pipeline.errors import UserError
from tasks.loading import TaskNotFoundError


def report(error: BaseException) -> int:
    """Writes to stderr why a step failed, in the end in one line. Gives the step's exit code."""
    behind = user_error(error)
    missing = behind.__cause__ if isinstance(behind, TaskNotFoundError) else None
    if isinstance(missing, ModuleNotFoundError):
        exit_code = TaskNotFoundError.exit_code
        line = (
            f"Wrong image: it must hold the task's modules. Received: an image without {missing.name!r}. Build one "
            f"with it, as docs/kubeflow.md has it under 'A task of your own', and name that in kubeflow.image."
        )
    elif isinstance(behind, GateRefused):
        print(f"Nothing was pushed. {behind.advice}", file=sys.stderr)
        exit_code = behind.exit_code
        refusing = " ".join(str(finding) for finding in behind.findings if finding.refuses)
        line = f"{behind.title}: the {behind.gate} gate. {refusing}"
    elif isinstance(behind, UserError):
        exit_code, line = behind.exit_code, f"{behind.title}: {behind}"
    elif isinstance(error, KeyboardInterrupt):
        exit_code, line = 130, "Interrupted."
    else:
        traceback.print_exception(error)
        exit_code, line = 1, f"Step failed: {describe_error(error)}"
    # Else what was printed before could come behind it.
    sys.stdout.flush()
    print(" ".join(line.split()), file=sys.stderr, flush=True)
    return exit_code
