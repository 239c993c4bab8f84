"""Runs a pipeline that another process asks for."""

from dataclasses import asdict
from pathlib import Path

from components.gates import GateRefused
from pipeline.config import load_config
from pipeline.errors import UserError
from pipeline.run_request import RunAnswer, RunRequest
from pipeline.session import session


def main(folder: str) -> None:
    """Runs what the request in a folder asks for, prints what `slipway run` prints, and writes the answer there.

    Raises:
      BaseException: one that is no user's to mend; there is no answer then.
    """
    request = RunRequest.read(Path(folder))
    path = ""
    try:
        config_path = Path(request.config)
        config = load_config(config_path, request.changes)
        root = None if request.root is None else Path(request.root)
        with session(config, config_path=config_path, root=root) as started:
            path = str(started.path)
            RunAnswer(path=path, is_over=False).write(Path(folder))
            started.run(
                from_node=request.from_node, to_node=request.to_node, use_cache=request.use_cache, jobs=request.jobs
            )
    except KeyboardInterrupt:
        RunAnswer(path=path, exit_code=130, title="Interrupted", message="the run was interrupted.").write(Path(folder))
    except BaseException as error:
        if not isinstance(error, UserError):
            raise
        refused = error if isinstance(error, GateRefused) else None
        RunAnswer(
            path=path,
            exit_code=error.exit_code,
            title=error.title,
            message=str(error),
            findings=[asdict(finding) for finding in refused.findings] if refused else [],
            advice=refused.advice if refused else "",
        ).write(Path(folder))
    else:
        RunAnswer(path=path).write(Path(folder))
