"""Commands and paths as they can be typed into a shell here."""

import shlex
import shutil
import sys
from pathlib import Path


def shown_path(path: Path) -> str:
    """The path from the working directory if it lies below, else the whole of it.

    Args:
      path: absolute.
    """
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def shown_command(*arguments: str | Path) -> str:
    """A `slipway` command.

    Args:
      arguments: words, and absolute paths.
    """
    words = [shown_path(each) if isinstance(each, Path) else each for each in arguments]
    return shlex.join([*_slipway(), *words])


def _slipway() -> list[str]:
    """This environment's command: many call it without having it on their path, `make run` too."""
    script = Path(sys.executable).with_name("slipway")
    found = shutil.which("slipway")
    if found is not None and Path(found).parent == script.parent:
        return ["slipway"]
    return [shown_path(script)] if script.exists() else [shown_path(Path(sys.executable)), "-m", "pipeline.cli"]
