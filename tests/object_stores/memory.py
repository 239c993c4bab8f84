"""A bucket in this process's memory, behind the addresses that `etils.epath` takes for gs://."""

from typing import ClassVar

import fsspec
import pytest
from etils.epath import backend, gpath
from fsspec.implementations.memory import MemoryFileSystem


def use_memory(patch: pytest.MonkeyPatch) -> None:
    """Lets epath find gs:// in memory rather than by TensorFlow, empty at first."""

    class Memory(MemoryFileSystem):
        protocol = ("gs", "gcs")
        store: ClassVar = {}
        pseudo_dirs: ClassVar = [""]

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return super()._strip_protocol(path.removeprefix("gs:/"))

    files = Memory(skip_instance_cache=True)
    patch.setattr(gpath, "_is_tf_installed", lambda: False)
    patch.setattr(backend.fsspec_backend, "fs", lambda path: files if str(path).startswith("gs://") else LOCAL)


LOCAL = fsspec.filesystem("file")
