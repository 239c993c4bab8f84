"""The README keeps what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.table import PROJECT, with_table
from pipeline.cli import COMMANDS

README = (PROJECT / "README.md").read_text()


def test_the_table_is_made_from_the_committed_results():
    assert with_table(README) == README


def test_every_command_that_it_names_exists():
    named = set(re.findall(r"^slipway (\w+)", README, flags=re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(link):
    assert (Path(PROJECT) / link).exists()


# It imports TensorFlow twice, in the process that converts too.
@pytest.mark.timeout(600)
def test_the_library_s_example_trains_converts_and_predicts_without_tfx(tmp_path):
    examples = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    [example] = [each for each in examples if "from training import" in each]
    without_tfx = "import sys\nfor name in ('tfx', 'apache_beam', 'ml_metadata'):\n    sys.modules[name] = None\n"
    (tmp_path / "example.py").write_text(without_tfx + example)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PROJECT), "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stderr
    accuracies = dict(re.findall(r"^(float32|int8) (\S+)$", done.stdout, flags=re.MULTILINE))
    assert accuracies.keys() == {"float32", "int8"}
    assert min(map(float, accuracies.values())) > 0.8
