"""The README keeps what it says."""

import re
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
