"""The checks of `slipway doctor` on injected facts."""

import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from pipeline.commands import doctor

SOUND = doctor.Facts(
    python=(3, 10),
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


def states(facts: doctor.Facts) -> dict[str, str]:
    return {finding.check: finding.state for finding in doctor.examine(facts) if finding.state != "ok"}


def test_a_sound_machine_has_nothing_to_mend():
    assert states(SOUND) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"python": (3, 12)}, {"Python": "wrong"}),
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
def test_one_changed_fact_gives_one_finding(change, expected):
    assert states(replace(SOUND, **change)) == expected


@pytest.mark.parametrize(
    ("installed", "found"), [({}, "missing, needs ==1.16.0"), ({"tfx": "1.15.1"}, "1.15.1, needs ==1.16.0")]
)
def test_a_distribution_off_its_pin_is_named_with_both_versions(installed, found):
    (finding,) = doctor.check_distributions(replace(SOUND, requirements=("tfx==1.16.0",), installed=installed))
    assert (finding.check, finding.state, finding.found) == ("tfx", "wrong", found)
    assert 'pip install "tfx==1.16.0"' in finding.mend


def test_a_requirement_for_another_platform_is_not_asked_for():
    facts = replace(SOUND, requirements=('pywin32; sys_platform == "win32"',), installed={})
    assert doctor.check_distributions(facts) == []


def test_a_finding_that_is_not_ok_must_say_how_to_mend_it():
    with pytest.raises(ValueError, match="how to mend"):
        doctor.Finding("Disk", "wrong", "full")


@pytest.mark.parametrize(
    ("returncode", "stdout", "stderr", "state", "found"),
    [
        (0, 'noise\n{"import tensorflow": 8.9}\n', "warning", "ok", "import tensorflow 8.9 s"),
        (1, "", "Traceback\nImportError: libcudart.so.12\n", "wrong", "ImportError: libcudart.so.12"),
        (1, "", "", "wrong", "no message"),
        (-4, "", "", "wrong", "ended by signal 4"),
    ],
)
def test_the_deep_probe_is_judged_by_how_its_process_ended(returncode, stdout, stderr, state, found):
    finding = doctor.judge_deep_probe(returncode, stdout, stderr)
    assert (finding.state, finding.found) == (state, found)


@pytest.mark.parametrize(
    ("facts", "exit_code"), [(SOUND, 0), (replace(SOUND, cores=1), 0), (replace(SOUND, git=None, free_disk_bytes=0), 1)]
)
def test_only_something_wrong_fails_the_command(monkeypatch, facts, exit_code):
    monkeypatch.setattr(doctor, "collect_facts", lambda output: facts)
    assert CliRunner().invoke(doctor.command, []).exit_code == exit_code


def test_the_table_shows_an_extra_in_brackets():
    console = Console(width=200, record=True, file=StringIO())
    console.print(doctor.render(doctor.examine(replace(SOUND, gpus=("NVIDIA L4",), installed={}))))
    text = console.export_text()
    assert "tensorflow[and-cuda]" in text
    assert "etils[epath]" in text


def test_the_output_directory_need_not_exist_yet(tmp_path):
    facts = doctor.collect_facts(tmp_path / "deep" / "output")
    assert facts.output_parent == tmp_path
    assert facts.output_writable
    assert not (tmp_path / "deep").exists()


def test_without_deep_no_tensorflow_is_imported():
    program = (
        "import sys; from pathlib import Path; from pipeline.commands import doctor;"
        "doctor.examine(doctor.collect_facts(Path('output')));"
        "sys.exit('tensorflow' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root).returncode == 0
