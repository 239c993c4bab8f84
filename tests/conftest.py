"""What the tests of several rooms share."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.inspection.root_writer import RootWriter


# Garbage collection goes through everything that the tests import, millions of objects, again and again: not while they
# are imported, and afterwards these are left out.
gc.disable()

# That the machine is busy with something else is no fault of what is tested.
settings.register_profile("without deadlines", parent=settings(), deadline=None)
settings.load_profile("without deadlines")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


# Imported inside the fixtures, so that one room's tests do without what only another's need.


@pytest.fixture(scope="module")
def conversions_in_this_process() -> Iterator[None]:
    """Spares each conversion to TFLite a process, which takes seconds to import TensorFlow. What such a process does to
    a conversion is tested in tests/compression/conversion/test_process.py."""
    import compression.conversion.process
    from compression.conversion.worker import main

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, main(Path(command[-1])), "", "")

    here = SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression.conversion.process, "subprocess", here)
        yield


@pytest.fixture(params=["memory", *(pytest.param(scheme, marks=pytest.mark.stores) for scheme in ("gs", "s3"))])
def store(request, monkeypatch) -> str:
    """The address of an empty folder at an object store: in memory, or on a server."""
    from tests.object_stores.memory import use_memory
    from tests.object_stores.places import fresh_folder

    if request.param != "memory":
        return fresh_folder(request.param)
    use_memory(monkeypatch)
    return "gs://bucket/tests"


@pytest.fixture
def writer(tmp_path) -> RootWriter:
    """Writes into an empty root."""
    from tests.inspection.root_writer import RootWriter

    return RootWriter(tmp_path)


@pytest.fixture
def root(writer) -> Path:
    """A root with the two runs of `write_two_runs`."""
    from tests.inspection.root_writer import write_two_runs

    write_two_runs(writer)
    return writer.path
