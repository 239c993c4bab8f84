import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import RunError, UsageError
from pipeline.root import Root

PROJECT = Path(__file__).resolve().parents[2]


def test_makes_the_root(tmp_path):
    Root(tmp_path / "a" / "b").prepare()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_is_no_root(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"Received: .*file \(File exists\)"):
        Root(tmp_path / "file").prepare()


def test_a_nearly_full_disk_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"needs 1048576 MB free\. Received: \d+ MB"):
        Root(tmp_path).prepare(min_free_bytes=2**40)


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path):
    expected = pytest.raises(RunError, match=rf"which process {os.getpid()} is using")
    with Root(tmp_path).lock(), expected, Root(tmp_path).lock():
        pass


def test_two_roots_share_no_folder_of_a_store(tmp_path):
    one, other = Root(tmp_path / "one"), Root(tmp_path / "other")
    one.prepare()
    other.prepare()
    place = one.artifacts_at("gs://bucket/team/")
    assert re.fullmatch(r"gs://bucket/team/[0-9a-f]{12}", place)
    assert Root(tmp_path / "one").artifacts_at("gs://bucket/team") == place
    assert other.artifacts_at("gs://bucket/team") != place


def test_asking_for_the_folder_of_a_root_that_is_not_there_makes_none(tmp_path):
    assert Root(tmp_path / "none").artifacts_at("gs://bucket/team") == "gs://bucket/team"
    assert not (tmp_path / "none").exists()


def test_the_lock_is_let_go(tmp_path):
    for _ in range(2):
        with Root(tmp_path).lock():
            pass


def test_a_killed_holder_holds_nothing(tmp_path):
    script = (
        f"import os, pathlib; from pipeline.root import Root\n"
        f"with Root(pathlib.Path({str(tmp_path)!r})).lock(): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=PROJECT).returncode == -9
    assert (tmp_path / ".lock.pid").exists()
    with Root(tmp_path).lock():
        pass
