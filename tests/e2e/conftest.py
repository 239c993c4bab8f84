"""Configs and runs that several tests of whole pipelines share."""

from pathlib import Path

import pytest

from tests.e2e.commands import DIGITS, Ran, run, write_config


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Ran:
    """The shipped digits pipeline, run once from nothing, in processes that run two nodes at the same time."""
    return run(DIGITS, tmp_path_factory.mktemp("digits"), "--jobs", "2")


@pytest.fixture
def config(tmp_path) -> Path:
    """A short pipeline's config."""
    return write_config(tmp_path / "pipeline.yaml")
