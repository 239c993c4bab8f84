"""The type of those arguments of commands that are roots to look at."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import click

from pipeline.local_path import LocalPath
from records.stores import is_uri


class RootPlace(LocalPath):
    """A root on this machine. A pipeline root of Kubeflow's at gs:// or s3:// is first brought to the user's cache.

    It stays there: the next time only what is new comes.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return _brought(value) if isinstance(value, str) and is_uri(value) else super().convert(value, param, ctx)


def _brought(address: str) -> Path:
    from pipeline.cluster_runs.importing import import_runs
    from pipeline.console import quiet_terminal

    # Pages call a root as its folder; addresses that differ in signs alone are told apart by the digest.
    words = re.sub(r"[^A-Za-z0-9]+", "-", address.partition("://")[2]).strip("-")[-60:]
    name = f"{words}-{hashlib.sha256(address.rstrip('/').encode()).hexdigest()[:8]}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = cache / "slipway" / "cluster_runs" / name
    with quiet_terminal(root / "import.log"):
        import_runs(address, root)
    return root


ROOT_PLACE = RootPlace()
