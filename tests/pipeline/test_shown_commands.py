"""What is printed to be typed is typed here."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.shown_commands import shown_command, shown_path

PROJECT = Path(__file__).resolve().parents[2]
# Beside this interpreter, where the project is installed.
BIN = Path(sys.executable).parent


@pytest.mark.parametrize("on_path", ["/usr/bin:/bin", f"{BIN}:/usr/bin:/bin"])
def test_a_command_works_in_a_shell_whether_slipway_is_on_the_path_or_not(tmp_path, monkeypatch, on_path):
    monkeypatch.setenv("PATH", on_path)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "my own" / "output"
    printed = shown_command("report", "--root", root)
    done = subprocess.run(printed, shell=True, capture_output=True, text=True)
    assert "Received: my own/output, which holds no metadata.db" in done.stderr, done.stderr


def test_an_interpreter_without_the_command_runs_the_module(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shown_command("inspect", "latest") == "/usr/bin/python3 -m pipeline.cli inspect latest"


def test_another_environment_s_command_is_not_ours(tmp_path, monkeypatch):
    (tmp_path / "slipway").write_text("#!/bin/sh\n")
    (tmp_path / "slipway").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shown_command("inspect").removesuffix(" inspect") not in ("slipway", str(tmp_path / "slipway"))


def test_a_path_below_is_shown_from_here_and_another_whole(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown_path(tmp_path / "here" / "output") == "output"
    assert shown_path(tmp_path / "output") == f"{tmp_path}/output"
