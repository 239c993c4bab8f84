from pathlib import Path

import pytest

from pipeline.doctor.facts import Facts


@pytest.fixture
def sound() -> Facts:
    """The facts about a machine that lacks nothing."""
    return Facts(
        python=(3, 11),
        system="Linux",
        machine="x86_64",
        libc=("glibc", "2.36"),
        cpu_flags=frozenset({"avx"}),
        requirements=("tfx==1.16.0", "click==8.*", "etils[epath]"),
        installed={"tfx": "1.16.0", "click": "8.5.1", "etils": "1.13.0"},
        environment={},
        output_dir=Path("/home/ann/project/output"),
        output_parent=Path("/home/ann/project"),
        output_writable=True,
        free_disk_bytes=20 * 10**9,
        memory_bytes=16 * 10**9,
        cores=4,
        git="/usr/bin/git",
        gpus=(),
        cuda_wheels=False,
        data_dir_exists=False,
    )
