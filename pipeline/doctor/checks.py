"""The checks of a machine: each is a pure function from facts to diagnoses."""

from dataclasses import dataclass
from typing import Literal

from packaging.requirements import Requirement

from pipeline.doctor.facts import DATA_DIR, Facts
from pipeline.doctor.stacks import CURRENT, OLDER, stack_of

MIN_FREE_DISK_BYTES = 5 * 10**9
MIN_MEMORY_BYTES = 4 * 10**9
LEGACY_KERAS = "TF_USE_LEGACY_KERAS"


@dataclass(frozen=True)
class Diagnosis:
    """One line of the table. Only `wrong` fails the command; a `note` costs speed or a feature."""

    check: str
    state: Literal["ok", "note", "wrong"]
    found: str
    mend: str = ""

    def __post_init__(self) -> None:
        if self.state != "ok" and not self.mend:
            raise ValueError(f"A diagnosis that is not ok says how to mend it. Received: {self}.")


def check_stack(facts: Facts) -> list[Diagnosis]:
    found = "Python {}.{}".format(*facts.python)
    stack = stack_of(facts.python)
    if stack is None:
        wanted = " or ".join("{}.{} for {}".format(*each.pythons[0], each) for each in (CURRENT, OLDER))
        return [Diagnosis("Stack", "wrong", found, f"It takes {wanted}: `make setup` finds or fetches it, into .venv.")]
    found = f"{stack} on {found}"
    if stack == OLDER and _glibc(facts) >= CURRENT.min_glibc:
        mend = f"This machine takes {CURRENT}, which still gets fixes: `SLIPWAY_STACK={CURRENT.name} make setup`."
        return [Diagnosis("Stack", "note", found, mend)]
    return [Diagnosis("Stack", "ok", found)]


def check_platform(facts: Facts) -> list[Diagnosis]:
    name, version = facts.libc
    found = f"{facts.system} {facts.machine}, {name or 'no glibc'} {version}".rstrip()
    stack = stack_of(facts.python) or OLDER
    if facts.system != "Linux" or facts.machine != "x86_64" or _glibc(facts) < OLDER.min_glibc:
        mend = "TFX's native wheels need Linux on x86_64 with glibc {}.{} or newer: use the Dockerfile."
        return [Diagnosis("Platform", "wrong", found, mend.format(*OLDER.min_glibc))]
    if _glibc(facts) < stack.min_glibc:
        mend = "{} needs glibc {}.{} or newer: `SLIPWAY_STACK={} make setup`, or use the Dockerfile."
        return [Diagnosis("Platform", "wrong", found, mend.format(stack, *stack.min_glibc, OLDER.name))]
    if facts.cpu_flags and "avx" not in facts.cpu_flags:
        return [Diagnosis("Platform", "wrong", f"{found}, no AVX", "TensorFlow's wheels need a processor with AVX.")]
    return [Diagnosis("Platform", "ok", found)]


def _glibc(facts: Facts) -> tuple[int, ...]:
    """Its version; empty, and so older than any, where there is none."""
    name, version = facts.libc
    return tuple(map(int, version.split(".")[:2])) if name == "glibc" else ()


def check_distributions(facts: Facts) -> list[Diagnosis]:
    if facts.requirements is None:
        return [Diagnosis("slipway", "wrong", "not installed", "`make setup`, or `pip install` its wheel.")]
    diagnoses = []
    for requirement in map(Requirement, facts.requirements):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        pin = str(requirement.specifier) or "any version"
        mend = f'`make setup`; outside a checkout: `pip install "{requirement}"`.'
        version = facts.installed.get(requirement.name)
        if version is None:
            diagnoses.append(Diagnosis(requirement.name, "wrong", f"missing, needs {pin}", mend))
        elif not requirement.specifier.contains(version, prereleases=True):
            diagnoses.append(Diagnosis(requirement.name, "wrong", f"{version}, needs {pin}", mend))
        else:
            diagnoses.append(Diagnosis(requirement.name, "ok", f"{version} ({pin})"))
    return diagnoses


def check_legacy_keras(facts: Facts) -> list[Diagnosis]:
    value = facts.environment.get(LEGACY_KERAS)
    # The values that TensorFlow takes for yes.
    if value in ("1", "true", "True"):
        mend = f"`unset {LEGACY_KERAS}`: it turns tf.keras into Keras 2, and the models here are Keras 3."
        return [Diagnosis(LEGACY_KERAS, "wrong", value, mend)]
    return [Diagnosis(LEGACY_KERAS, "ok", "not set" if value is None else value)]


def check_output(facts: Facts) -> list[Diagnosis]:
    if facts.output_writable:
        return [Diagnosis("Output directory", "ok", str(facts.output_dir))]
    mend = f"`sudo chown $(id -u) {facts.output_parent}`, or run from a directory of your own."
    return [Diagnosis("Output directory", "wrong", f"{facts.output_dir} is not writable", mend)]


def check_disk(facts: Facts) -> list[Diagnosis]:
    found = f"{facts.free_disk_bytes / 1e9:.1f} GB free"
    if facts.free_disk_bytes >= MIN_FREE_DISK_BYTES:
        return [Diagnosis("Disk", "ok", found)]
    mend = f"Free {MIN_FREE_DISK_BYTES / 1e9:.0f} GB at {facts.output_parent}: old runs are below {facts.output_dir}."
    return [Diagnosis("Disk", "wrong", found, mend)]


def check_memory(facts: Facts) -> list[Diagnosis]:
    found = f"{facts.memory_bytes / 1e9:.1f} GB"
    if facts.memory_bytes >= MIN_MEMORY_BYTES:
        return [Diagnosis("Memory", "ok", found)]
    mend = f"Give the machine or container {MIN_MEMORY_BYTES / 1e9:.0f} GB, or use a smaller train.batch_size."
    return [Diagnosis("Memory", "wrong", found, mend)]


def check_cores(facts: Facts) -> list[Diagnosis]:
    if facts.cores > 1:
        return [Diagnosis("Cores", "ok", str(facts.cores))]
    return [Diagnosis("Cores", "note", str(facts.cores), "It is slow: give the machine or container two or more.")]


def check_git(facts: Facts) -> list[Diagnosis]:
    if facts.git:
        return [Diagnosis("git", "ok", facts.git)]
    return [Diagnosis("git", "note", "missing", "Runs record no commit without it: `sudo apt-get install git`.")]


def check_gpu(facts: Facts) -> list[Diagnosis]:
    if not facts.gpus:
        return [Diagnosis("GPU", "ok", "none that a driver shows; training uses the CPU")]
    found = ", ".join(facts.gpus)
    if facts.cuda_wheels:
        return [Diagnosis("GPU", "ok", found)]
    version = facts.installed.get("tensorflow", "")
    pin = f"=={version}" if version else ""
    mend = f'To train on it: `pip install "tensorflow[and-cuda]{pin}"`.'
    return [Diagnosis("GPU", "note", f"{found}; TensorFlow's CUDA libraries are not installed", mend)]


def check_data_dir(facts: Facts) -> list[Diagnosis]:
    directory = facts.environment.get(DATA_DIR)
    if directory is None:
        return [Diagnosis(DATA_DIR, "ok", "not set")]
    if facts.data_dir_exists:
        return [Diagnosis(DATA_DIR, "ok", directory)]
    mend = f"`mkdir -p {directory}`, or `unset {DATA_DIR}`."
    return [Diagnosis(DATA_DIR, "wrong", f"{directory} does not exist", mend)]


CHECKS = (
    check_stack,
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


def examine(facts: Facts) -> list[Diagnosis]:
    """The diagnoses of every check, in the order in which to mend them."""
    return [diagnosis for check in CHECKS for diagnosis in check(facts)]
