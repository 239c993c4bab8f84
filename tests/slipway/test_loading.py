"""Which pushed version is loaded; one that predicts is in tests/e2e."""

import pytest

import slipway
from serving.registry import Registry
from serving.saved_model import SavedModelError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root with versions 1 (archived), 2 (production) and 3 (candidate) of `digits`, none of which can be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").write_bytes(b"graph")
    root = tmp_path / "output" / "digits"
    registry = Registry(root / "registry")
    for key, stage in enumerate(("production", "production", "candidate")):
        registry.push("digits", push_key=str(key), saved_model=tmp_path / "saved_model", stage=stage)
    return root


@pytest.mark.parametrize(
    ("arguments", "number"), [({}, 2), ({"stage": "candidate"}, 3), ({"stage": "archived"}, 1), ({"version": 1}, 1)]
)
@pytest.mark.parametrize("place", ["default", "root", "registry"])
def test_the_version_that_is_asked_for_is_loaded(root, arguments, number, place):
    places = {"default": {}, "root": {"root": root}, "registry": {"registry": root / "registry"}}[place]
    with pytest.raises(SavedModelError, match=rf"registry/digits/{number} "):
        slipway.load("digits", **arguments, **places)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "digits", "stage": "canary"}, slipway.UsageError, "must be at stage canary, or its number be given"),
        ({"name": "digits", "version": 7}, slipway.UsageError, r"one that digits has \(1, 2, 3\)\. Received: 7"),
        ({"name": "digts"}, slipway.UsageError, r"must have been pushed first \(digits, .*Received: digts"),
        ({"name": "digits", "root": "gs://b/r"}, slipway.UsageError, r"directory on this machine\. Received: gs://b/r"),
        ({"name": "digits", "registry": "hdfs://b/r"}, slipway.UsageError, "must be one of gs://BUCKET"),
        ({"name": "digits", "root": "elsewhere"}, slipway.UsageError, "Received: elsewhere/registry, which is none"),
    ],
)
def test_what_is_not_there_is_named(root, arguments, error, message):
    with pytest.raises(error, match=message):
        slipway.load(**arguments)
