"""A process's request to another one to run a pipeline, and the answer: files in a folder that both know."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REQUEST_FILE, ANSWER_FILE = "request.json", "answer.json"


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """Attributes:
    config: path of the config.
    changes: values by their dotted keys, laid over those of the config.
    root: root that the caller named.
    from_node: where to start.
    to_node: where to stop.
    use_cache: whether nodes that did not change are taken from the cache.
    jobs: how many nodes may run at the same time.
    """

    config: str
    changes: dict[str, Any]
    root: str | None
    from_node: str | None
    to_node: str | None
    use_cache: bool
    jobs: int

    def write(self, folder: Path) -> Path:
        """Writes it into a folder, which it returns."""
        # Paths, dates and NumPy's numbers as text, which the config's models read.
        (folder / REQUEST_FILE).write_text(json.dumps(asdict(self), default=str))
        return folder

    @classmethod
    def read(cls, folder: Path) -> "RunRequest":
        return cls(**json.loads((folder / REQUEST_FILE).read_text()))


@dataclass(frozen=True, kw_only=True)
class RunAnswer:
    """Attributes:
    path: the run's directory; empty where there was no run.
    exit_code: exit code that the command line would have ended with.
    title: title of the error.
    message: message of the error.
    findings: findings of the gate that refused.
    advice: what to do about them.
    is_over: whether the run ended; if not, the process was killed.
    """

    path: str = ""
    exit_code: int = 0
    title: str = ""
    message: str = ""
    findings: list[dict[str, Any]] = field(default_factory=list)
    advice: str = ""
    is_over: bool = True

    def write(self, folder: Path) -> None:
        """Writes it into a folder."""
        (folder / ANSWER_FILE).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> "RunAnswer":
        """The answer in a folder; where there is none, that of a run that did not begin."""
        path = folder / ANSWER_FILE
        return cls(**json.loads(path.read_text())) if path.exists() else cls(is_over=False)
