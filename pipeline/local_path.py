"""The type of those arguments of commands that are paths on this machine."""

from pathlib import Path
from typing import Any

import click

from records.stores import is_uri


class LocalPath(click.Path):
    """A `pathlib.Path`. Refuses addresses such as gs://bucket/runs, of which it would make local folders."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if is_uri(str(value)):
            advice = "The config's artifacts and push.registry can be at a store" if _is_root(param) else "Mount it"
            self.fail(f"must be a path on this machine. Received: {value}. {advice}.", param, ctx)
        return super().convert(value, param, ctx)


def _is_root(param: click.Parameter | None) -> bool:
    return param is not None and param.name == "root"


LOCAL_PATH = LocalPath()
