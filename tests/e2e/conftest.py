"""Configs and runs that several tests of whole pipelines share."""

from pathlib import Path

import pytest

from tests.e2e.commands import DIGITS, Ran, run, write_config


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Ran:
    """The shipped digits pipeline, run once from nothing."""
    return run(DIGITS, tmp_path_factory.mktemp("digits"))


@pytest.fixture
def config(tmp_path) -> Path:
    """A short pipeline's config."""
    return write_config(tmp_path / "pipeline.yaml")
