"""A run on the root that the other stack left."""

import sys

import pytest
import yaml

from pipeline.doctor.stacks import CURRENT, OLDER, stack_of
from tests.e2e.commands import run
from tests.roots.make import config
from tests.roots.unpack import unpack

pytestmark = pytest.mark.e2e


def test_the_next_version_is_held_against_the_other_stacks_production(tmp_path):
    other = OLDER if stack_of(sys.version_info[:2]) is CURRENT else CURRENT
    root, path = tmp_path / "root", tmp_path / "digits.yaml"
    unpack(other.name, root)
    path.write_text(yaml.safe_dump(config(root)))
    ran = run(path, root)
    assert ran.exit_code == 0, ran.output
    assert [version.name for version in ran.versions()] == ["1", "2"]
    [change] = [finding for finding in ran.record()["gates"] if finding["metric"] == "accuracy against the baseline"]
    assert change["applies"]
    assert change["passed"]
