"""Roots at an object store, which commands take as they take one on this machine."""

import json

import pytest
from click.testing import CliRunner

from pipeline.commands.inspect import command
from records.stores import StoreError
from tests.object_stores.places import upload
from tests.pipeline.cluster_runs.hand_made import FIRST, FIRST_SECS, SECOND, two_runs


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A pipeline root that can be copied to a store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return two_runs(tmp_path / "place")


def _runs(store, *arguments):
    result = CliRunner().invoke(command, [*arguments, "--root", store, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_root_at_a_store_is_looked_at_as_one_here(store, place):
    upload(place.path, store)
    assert [(run["run_id"][16:], run["state"]) for run in _runs(store)] == [(FIRST, "failed"), (SECOND, "failed")]
    assert _runs(store, "latest")["record"]["error"] == "loss is NaN"


def test_what_came_since_is_there_the_next_time(store, place):
    upload(place.path, store)
    _runs(store)
    place.step("33333333-cccc", "SchemaGen", FIRST_SECS + 1e6, outputs={"schema": "Schema"})
    upload(place.path, store)
    assert [run["run_id"][16:] for run in _runs(store)] == [FIRST, SECOND, "33333333-cccc"]


def test_an_address_that_nothing_here_reads_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = CliRunner().invoke(command, ["--root", "minio://mlpipeline/v2/artifacts"])
    assert isinstance(result.exception, StoreError)
    assert "Received: minio://mlpipeline/v2/artifacts" in str(result.exception)


def test_runs_are_brought_into_a_root_that_is_named(place, tmp_path):
    arguments = ["import", str(place.path), "--into", str(tmp_path / "root"), "--run", FIRST]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert f"has 1 run, the last 20260101-000000-{FIRST}." in result.output
