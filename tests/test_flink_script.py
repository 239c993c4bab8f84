"""What `scripts/flink.sh` says where it cannot; `make engines` runs what it starts."""

import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.table import PROJECT

# Of the programs that the script needs, those that every machine has.
EVERYWHERE = ("bash", "basename", "cat", "dirname", "tr")


@pytest.fixture
def flink(tmp_path):
    """Runs the script where no Java is, and nothing has been started."""
    for name in EVERYWHERE:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(tmp_path), "FLINK_DIR": str(tmp_path / "flink"), "PYTHON": sys.executable}

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [PROJECT / "scripts" / "flink.sh", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **environment, **changes},
        )

    return run


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        (["up"], {}, "Flink on this machine needs java. Received: none on PATH. sudo apt-get install openjdk-17"),
        (["up"], {"PYTHON": "/none"}, "Slipway must be installed. Received: no /none. make setup installs it."),
        (["status"], {}, "Nothing is up in "),
        (["start"], {}, "Usage: scripts/flink.sh up [FOLDER …] | down | status. Received: start."),
        ([], {}, "Received: nothing."),
    ],
)
def test_what_is_missing_is_named(flink, arguments, changes, message):
    done = flink(*arguments, **changes)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""


def test_where_nothing_is_up_there_is_nothing_to_end(flink):
    done = flink("down")
    assert (done.returncode, done.stderr) == (0, "")
