"""The facts about a machine that decide whether it can run a pipeline."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

DATA_DIR = "SLIPWAY_DATA_DIR"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts about a machine, which the checks judge.

    Attributes:
      requirements: The project's Requires-Dist lines; None if the project is not installed.
      installed: Version of each installed distribution that `requirements` names.
      libc: Name and version, such as `("glibc", "2.36")`; empty strings where there is no glibc.
      cpu_flags: The processor's features; empty where the system does not list them.
      output_dir: Where runs would be written.
      output_parent: Nearest directory above it that exists, or itself.
      gpus: Names of the GPUs that the driver shows.
      cuda_wheels: Whether TensorFlow's CUDA libraries are installed.
    """

    python: tuple[int, int]
    system: str
    machine: str
    libc: tuple[str, str]
    cpu_flags: frozenset[str]
    requirements: tuple[str, ...] | None
    installed: Mapping[str, str]
    environment: Mapping[str, str]
    output_dir: Path
    output_parent: Path
    output_writable: bool
    free_disk_bytes: int
    memory_bytes: int
    cores: int
    git: str | None
    gpus: tuple[str, ...]
    cuda_wheels: bool
    data_dir_exists: bool


def collect_facts(output_dir: Path) -> Facts:
    """Looks at this machine. Writes nothing.

    Args:
      output_dir: the directory that runs would be written to.
    """
    requirements = _requirements()
    output_dir = output_dir.absolute()
    output_parent = next(path for path in (output_dir, *output_dir.parents) if path.exists())
    return Facts(
        python=sys.version_info[:2],
        system=platform.system(),
        machine=platform.machine(),
        libc=platform.libc_ver(),
        cpu_flags=_cpu_flags(),
        requirements=requirements,
        installed=_installed_versions([Requirement(line).name for line in requirements or ()]),
        environment=dict(os.environ),
        output_dir=output_dir,
        output_parent=output_parent,
        output_writable=output_parent.is_dir() and os.access(output_parent, os.W_OK | os.X_OK),
        free_disk_bytes=shutil.disk_usage(output_parent).free,
        memory_bytes=_memory_bytes(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        git=shutil.which("git"),
        gpus=_gpus(),
        cuda_wheels=bool(_installed_versions(["nvidia-cudnn-cu12"])),
        data_dir_exists=Path(os.environ.get(DATA_DIR, "")).is_dir(),
    )


def _requirements() -> tuple[str, ...] | None:
    try:
        return tuple(importlib.metadata.requires("slipway") or ())
    except importlib.metadata.PackageNotFoundError:
        return None


def _installed_versions(names: Sequence[str]) -> dict[str, str]:
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _cpu_flags() -> frozenset[str]:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    flags = next((line for line in lines if line.startswith("flags")), ":")
    return frozenset(flags.partition(":")[2].split())


def _memory_bytes() -> int:
    """The machine's memory, or the container's limit where that is lower (cgroup version 2, then 1)."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = Path(limit).read_text().strip() if Path(limit).exists() else "max"
        if text != "max":
            sizes.append(int(text))
    return min(sizes)


def _gpus() -> tuple[str, ...]:
    if not shutil.which("nvidia-smi"):
        return ()
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=10
        )
    except subprocess.TimeoutExpired:
        return ()
    # It says why on stdout when there is no driver to talk to.
    return tuple(done.stdout.strip().splitlines()) if done.returncode == 0 else ()
