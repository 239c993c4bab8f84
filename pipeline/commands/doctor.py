"""`slipway doctor`: what is missing or mismatched on a machine, and how to mend it.

`collect_facts` looks at the machine; every check is a pure function from facts to findings. Needs no TensorFlow unless
asked with `--deep`, which imports it in a subprocess, so that even an import that aborts the process is reported.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
from packaging.requirements import Requirement
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.local_path import LOCAL_PATH

PYTHON = (3, 10)
# The newest that a wheel among requirements/runtime.txt asks for.
MIN_GLIBC = (2, 28)
MIN_FREE_DISK_BYTES = 5 * 10**9
MIN_MEMORY_BYTES = 4 * 10**9
LEGACY_KERAS = "TF_USE_LEGACY_KERAS"
DATA_DIR = "SLIPWAY_DATA_DIR"

# Prints one JSON line: what was done, and the seconds it took.
DEEP_PROBE = """
import json, time
secs = {}
def timed(name, action):
    start = time.perf_counter()
    action()
    secs[name] = round(time.perf_counter() - start, 1)
def add():
    import keras
    assert float(keras.ops.sum(keras.ops.ones((2, 2)))) == 4.0
timed("import tensorflow", lambda: __import__("tensorflow"))
timed("import keras", lambda: __import__("keras"))
timed("import tfx.components", lambda: __import__("tfx.components"))
timed("one operation", add)
print(json.dumps(secs))
"""
DEEP_TIMEOUT_SECS = 300


@dataclass(frozen=True)
class Finding:
    """One line of the table. Only `wrong` fails the command; a `note` costs speed or a feature."""

    check: str
    state: Literal["ok", "note", "wrong"]
    found: str
    mend: str = ""

    def __post_init__(self) -> None:
        if self.state != "ok" and not self.mend:
            raise ValueError(f"A finding that is not ok says how to mend it. Received: {self}.")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the checks judge.

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


def check_python(facts: Facts) -> list[Finding]:
    found = ".".join(map(str, facts.python))
    if facts.python == PYTHON:
        return [Finding("Python", "ok", found)]
    return [Finding("Python", "wrong", found, "TFX 1.16 needs 3.10: `make setup` finds or fetches it, into .venv.")]


def check_platform(facts: Facts) -> list[Finding]:
    name, version = facts.libc
    found = f"{facts.system} {facts.machine}, {name or 'no glibc'} {version}".rstrip()
    mend = "TFX's native wheels need Linux on x86_64 with glibc {}.{} or newer: use the Dockerfile.".format(*MIN_GLIBC)
    fits = facts.system == "Linux" and facts.machine == "x86_64" and name == "glibc"
    if not fits or tuple(map(int, version.split(".")[:2])) < MIN_GLIBC:
        return [Finding("Platform", "wrong", found, mend)]
    if facts.cpu_flags and "avx" not in facts.cpu_flags:
        return [Finding("Platform", "wrong", f"{found}, no AVX", "TensorFlow's wheels need a processor with AVX.")]
    return [Finding("Platform", "ok", found)]


def check_distributions(facts: Facts) -> list[Finding]:
    if facts.requirements is None:
        return [Finding("slipway", "wrong", "not installed", "`make setup`, or `pip install` its wheel.")]
    findings = []
    for requirement in map(Requirement, facts.requirements):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        pin = str(requirement.specifier) or "any version"
        mend = f'`make setup`; outside a checkout: `pip install "{requirement}"`.'
        version = facts.installed.get(requirement.name)
        if version is None:
            findings.append(Finding(requirement.name, "wrong", f"missing, needs {pin}", mend))
        elif not requirement.specifier.contains(version, prereleases=True):
            findings.append(Finding(requirement.name, "wrong", f"{version}, needs {pin}", mend))
        else:
            findings.append(Finding(requirement.name, "ok", f"{version} ({pin})"))
    return findings


def check_legacy_keras(facts: Facts) -> list[Finding]:
    value = facts.environment.get(LEGACY_KERAS)
    # The values that TensorFlow takes for yes.
    if value in ("1", "true", "True"):
        mend = f"`unset {LEGACY_KERAS}`: it turns tf.keras into Keras 2, and the models here are Keras 3."
        return [Finding(LEGACY_KERAS, "wrong", value, mend)]
    return [Finding(LEGACY_KERAS, "ok", "not set" if value is None else value)]


def check_output(facts: Facts) -> list[Finding]:
    if facts.output_writable:
        return [Finding("Output directory", "ok", str(facts.output_dir))]
    mend = f"`sudo chown $(id -u) {facts.output_parent}`, or run from a directory of your own."
    return [Finding("Output directory", "wrong", f"{facts.output_dir} is not writable", mend)]


def check_disk(facts: Facts) -> list[Finding]:
    found = f"{facts.free_disk_bytes / 1e9:.1f} GB free"
    if facts.free_disk_bytes >= MIN_FREE_DISK_BYTES:
        return [Finding("Disk", "ok", found)]
    mend = f"Free {MIN_FREE_DISK_BYTES / 1e9:.0f} GB at {facts.output_parent}: old runs are below {facts.output_dir}."
    return [Finding("Disk", "wrong", found, mend)]


def check_memory(facts: Facts) -> list[Finding]:
    found = f"{facts.memory_bytes / 1e9:.1f} GB"
    if facts.memory_bytes >= MIN_MEMORY_BYTES:
        return [Finding("Memory", "ok", found)]
    mend = f"Give the machine or container {MIN_MEMORY_BYTES / 1e9:.0f} GB, or use a smaller train.batch_size."
    return [Finding("Memory", "wrong", found, mend)]


def check_cores(facts: Facts) -> list[Finding]:
    if facts.cores > 1:
        return [Finding("Cores", "ok", str(facts.cores))]
    return [Finding("Cores", "note", str(facts.cores), "It works, slowly: give the machine or container two or more.")]


def check_git(facts: Facts) -> list[Finding]:
    if facts.git:
        return [Finding("git", "ok", facts.git)]
    return [Finding("git", "note", "missing", "Runs record no commit without it: `sudo apt-get install git`.")]


def check_gpu(facts: Facts) -> list[Finding]:
    if not facts.gpus:
        return [Finding("GPU", "ok", "none that a driver shows; training uses the CPU")]
    found = ", ".join(facts.gpus)
    if facts.cuda_wheels:
        return [Finding("GPU", "ok", found)]
    version = facts.installed.get("tensorflow", "")
    pin = f"=={version}" if version else ""
    mend = f'To train on it: `pip install "tensorflow[and-cuda]{pin}"`.'
    return [Finding("GPU", "note", f"{found}; TensorFlow's CUDA libraries are not installed", mend)]


def check_data_dir(facts: Facts) -> list[Finding]:
    directory = facts.environment.get(DATA_DIR)
    if directory is None:
        return [Finding(DATA_DIR, "ok", "not set")]
    if facts.data_dir_exists:
        return [Finding(DATA_DIR, "ok", directory)]
    mend = f"`mkdir -p {directory}`, or `unset {DATA_DIR}`."
    return [Finding(DATA_DIR, "wrong", f"{directory} does not exist", mend)]


CHECKS = (
    check_python,
    check_platform,
    check_distributions,
    check_legacy_keras,
    check_output,
    check_disk,
    check_memory,
    check_cores,
    check_git,
    check_gpu,
    check_data_dir,
)


def examine(facts: Facts) -> list[Finding]:
    """Findings of every check, in the order in which to mend them."""
    return [finding for check in CHECKS for finding in check(facts)]


def judge_deep_probe(returncode: int, stdout: str, stderr: str) -> Finding:
    """What the subprocess that imports TensorFlow came to; a negative `returncode` is the signal that ended it."""
    if returncode == 0:
        secs = json.loads(stdout.splitlines()[-1])
        return Finding("Deep", "ok", ", ".join(f"{name} {value} s" for name, value in secs.items()))
    if returncode < 0:
        mend = "4: the processor lacks AVX. 9: memory ran out. Else make .venv anew: `rm -r .venv`, `make setup`."
        return Finding("Deep", "wrong", f"ended by signal {-returncode}", mend)
    last_line = (stderr.strip().splitlines() or ["no message"])[-1]
    return Finding("Deep", "wrong", last_line, "Make .venv anew: `rm -r .venv`, then `make setup`.")


def probe_deep() -> Finding:
    """Imports TensorFlow, Keras and TFX in a subprocess and runs one operation."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", DEEP_PROBE],
            capture_output=True,
            text=True,
            timeout=DEEP_TIMEOUT_SECS,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired:
        mend = "A slow disk, most likely: compile what is installed with `python -m compileall -q .venv/lib`."
        return Finding("Deep", "wrong", f"no answer in {DEEP_TIMEOUT_SECS} s", mend)
    return judge_deep_probe(done.returncode, done.stdout, done.stderr)


def collect_facts(output_dir: Path) -> Facts:
    """Looks at this machine; writes nothing."""
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


def render(findings: Sequence[Finding]) -> Table:
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
    table = Table("", "Check", "Found", "How to mend")
    for finding in findings:
        # An extra such as tensorflow[and-cuda] would be taken for markup.
        table.add_row(marks[finding.state], *map(escape, (finding.check, finding.found, finding.mend)))
    return table


@click.command()
@click.option("--deep", is_flag=True, help="Import TensorFlow, Keras and TFX too, run one operation, report seconds.")
@click.option("--output", type=LOCAL_PATH, default=Path("output"), show_default=True, help="Where runs go.")
@click.pass_context
def command(context: click.Context, deep: bool, output: Path) -> None:
    """Say what is missing or mismatched on this machine, and how to mend it."""
    findings = examine(collect_facts(output))
    if deep:
        findings.append(probe_deep())
    Console().print(render(findings))
    wrong = sum(finding.state == "wrong" for finding in findings)
    click.echo(f"{wrong} to mend." if wrong else "Nothing to mend.")
    context.exit(1 if wrong else 0)
