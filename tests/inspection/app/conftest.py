"""Roots and clients of the app."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from inspection.app.application import create_app
from tests.inspection.many_runs import write_many_runs
from tests.inspection.root_writer import RootWriter, write_two_runs


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """A root of thirty runs, read only."""
    return write_many_runs(tmp_path_factory.mktemp("roots") / "many", 30).path


@pytest.fixture
def root(tmp_path) -> Path:
    """A root with the two runs of `write_two_runs`, in a folder that is called so."""
    writer = RootWriter(tmp_path / "root")
    write_two_runs(writer)
    return writer.path


@pytest.fixture
def app(many, root) -> TestClient:
    """The app on that root and on one of two runs, of which ML Metadata knows more."""
    return TestClient(create_app([many, root]), base_url="http://127.0.0.1", raise_server_exceptions=True)
