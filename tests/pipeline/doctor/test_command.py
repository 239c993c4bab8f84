from dataclasses import replace
from io import StringIO

import pytest
from click.testing import CliRunner
from rich.console import Console

from pipeline.commands import doctor
from pipeline.doctor.checks import examine


@pytest.mark.parametrize(
    ("change", "exit_code"), [({}, 0), ({"cores": 1}, 0), ({"git": None, "free_disk_bytes": 0}, 1)]
)
def test_only_something_wrong_fails_the_command(monkeypatch, sound, change, exit_code):
    monkeypatch.setattr(doctor, "collect_facts", lambda output: replace(sound, **change))
    assert CliRunner().invoke(doctor.command, []).exit_code == exit_code


def test_the_table_shows_an_extra_in_brackets(sound):
    console = Console(width=200, record=True, file=StringIO())
    console.print(doctor.render(examine(replace(sound, gpus=("NVIDIA L4",), installed={}))))
    text = console.export_text()
    assert "tensorflow[and-cuda]" in text
    assert "etils[epath]" in text
