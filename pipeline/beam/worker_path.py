"""Where workers that are processes of their own find modules, and what to do where they do not."""

import contextlib
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.rooms import HOME, ROOMS

_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)[\w.]*'")


@contextlib.contextmanager
def worker_path() -> Iterator[None]:
    """While inside, processes that this one starts find modules where this one does: our packages first, then those
    beside the config, and none that only lie where the command was typed."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    with tempfile.TemporaryDirectory() as rooms:
        for room in ROOMS:
            (Path(rooms) / room).symlink_to(HOME / room)
        os.environ["PYTHONPATH"] = os.pathsep.join([rooms, *filter(None, sys.path)])
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def missing_module_advice(message: str) -> str:
    """What to do about a module that a worker did not find and this process would; else empty."""
    missing = _MISSING.search(message)
    if missing is None or importlib.util.find_spec(missing[1]) is None:
        return ""
    return (
        f"\n  Beam's workers do not find {missing[1]}, which this process does. Start their pool with its folder, "
        f"`python -m pipeline.beam.worker_pool FOLDER`, or build it into their image; docs/beam.md says how."
    )
