"""The checks of `slipway doctor` on injected facts."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from pipeline.doctor.checks import Diagnosis, check_distributions, examine
from pipeline.doctor.facts import Facts
from pipeline.doctor.stacks import CURRENT, OLDER

PROJECT = Path(__file__).resolve().parents[3]


def states(facts: Facts) -> dict[str, str]:
    return {diagnosis.check: diagnosis.state for diagnosis in examine(facts) if diagnosis.state != "ok"}


def test_a_sound_machine_has_nothing_to_mend(sound):
    assert states(sound) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"python": (3, 10)}, {"Stack": "wrong"}),
        ({"python": (3, 12)}, {"Platform": "wrong"}),
        ({"python": (3, 12), "libc": ("glibc", "2.39")}, {}),
        ({"libc": ("glibc", "2.39")}, {"Stack": "note"}),
        ({"system": "Darwin"}, {"Platform": "wrong"}),
        ({"machine": "aarch64"}, {"Platform": "wrong"}),
        ({"libc": ("", "")}, {"Platform": "wrong"}),
        ({"libc": ("glibc", "2.27")}, {"Platform": "wrong"}),
        ({"libc": ("glibc", "2.28")}, {}),
        ({"cpu_flags": frozenset({"sse4_2"})}, {"Platform": "wrong"}),
        ({"cpu_flags": frozenset()}, {}),
        ({"requirements": None}, {"slipway": "wrong"}),
        ({"environment": {"TF_USE_LEGACY_KERAS": "1"}}, {"TF_USE_LEGACY_KERAS": "wrong"}),
        ({"environment": {"TF_USE_LEGACY_KERAS": "0"}}, {}),
        ({"output_writable": False}, {"Output directory": "wrong"}),
        ({"free_disk_bytes": 4_999_999_999}, {"Disk": "wrong"}),
        ({"free_disk_bytes": 5_000_000_000}, {}),
        ({"memory_bytes": 3_900_000_000}, {"Memory": "wrong"}),
        ({"cores": 1}, {"Cores": "note"}),
        ({"git": None}, {"git": "note"}),
        ({"gpus": ("NVIDIA L4",)}, {"GPU": "note"}),
        ({"gpus": ("NVIDIA L4",), "cuda_wheels": True}, {}),
        ({"environment": {"SLIPWAY_DATA_DIR": "/data"}}, {"SLIPWAY_DATA_DIR": "wrong"}),
        ({"environment": {"SLIPWAY_DATA_DIR": "/data"}, "data_dir_exists": True}, {}),
    ],
    ids=str,
)
def test_one_changed_fact_gives_one_diagnosis(sound, change, expected):
    assert states(replace(sound, **change)) == expected


@pytest.mark.parametrize("stack", [CURRENT, OLDER], ids=str)
def test_a_stack_is_what_its_lock_says(stack):
    lock = (PROJECT / "requirements" / f"{stack.name}.txt").read_text()
    assert " --python-version {}.{} ".format(*stack.pythons[0]) in lock.splitlines()[1]
    assert f"\ntensorflow=={stack.tensorflow}." in lock
    assert f"\ntfx=={stack.name.removeprefix('tfx-')}." in lock


def test_the_set_up_asks_the_machine_for_what_the_doctor_does():
    setup = (PROJECT / "scripts" / "setup.sh").read_text()
    assert f"CURRENT={CURRENT.name} " in setup
    assert f"OLDER={OLDER.name} " in setup
    assert "CURRENT_GLIBC={}.{}\n".format(*CURRENT.min_glibc) in setup
    [declared] = re.findall(r"declare -A PYTHON=\((.*)\)", setup)
    for stack, specifier in zip((CURRENT, OLDER), re.findall(r'="([^"]+)"', declared), strict=True):
        fits = [minor for minor in range(20) if SpecifierSet(specifier).contains(f"3.{minor}.5")]
        assert [(3, minor) for minor in fits] == [*stack.pythons]


@pytest.mark.parametrize(
    ("installed", "found"), [({}, "missing, needs ==1.16.0"), ({"tfx": "1.15.1"}, "1.15.1, needs ==1.16.0")]
)
def test_a_distribution_off_its_pin_is_named_with_both_versions(sound, installed, found):
    (diagnosis,) = check_distributions(replace(sound, requirements=("tfx==1.16.0",), installed=installed))
    assert (diagnosis.check, diagnosis.state, diagnosis.found) == ("tfx", "wrong", found)
    assert 'pip install "tfx==1.16.0"' in diagnosis.mend


def test_a_requirement_for_another_platform_is_not_asked_for(sound):
    facts = replace(sound, requirements=('pywin32; sys_platform == "win32"',), installed={})
    assert check_distributions(facts) == []


def test_a_diagnosis_that_is_not_ok_must_say_how_to_mend_it():
    with pytest.raises(ValueError, match="how to mend"):
        Diagnosis("Disk", "wrong", "full")
