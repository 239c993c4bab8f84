"""What a record says a run was made with."""

import subprocess
from pathlib import Path

from pipeline.provenance import DISTRIBUTIONS, git_commit, installed_versions


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_commit_is_marked_where_files_differ_from_it(tmp_path):
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    _git(tmp_path, "add", "a")
    _git(tmp_path, "commit", "--quiet", "--message", "One")
    commit = _git(tmp_path, "rev-parse", "HEAD")
    assert git_commit(tmp_path) == commit
    (tmp_path / "a").write_text("2")
    assert git_commit(tmp_path) == f"{commit}-dirty"


def test_outside_a_checkout_there_is_none(tmp_path):
    assert git_commit(tmp_path) is None


def test_every_distribution_has_a_version():
    assert list(installed_versions()) == list(DISTRIBUTIONS)
    assert all(installed_versions().values())
