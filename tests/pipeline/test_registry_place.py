"""ROOT_OR_REGISTRY, as `slipway serve` and `slipway deploy` read it."""

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.registry_place import registry_at
from serving.registry import Registry
from tests.serving.registry_sample import sample_push


def pushed(registry: Path, model: str, tmp_path: Path) -> Path:
    Registry(registry).push(model, **sample_push(tmp_path / "files", model))
    return registry


def test_a_root_and_its_registry(tmp_path):
    registry = pushed(tmp_path / "root" / "registry", "digits", tmp_path)
    for place in (registry, tmp_path / "root"):
        assert Path(registry_at(str(place)).root) == registry


def test_a_model_that_is_called_registry(tmp_path):
    """Its folder is no registry, though it stands where that of a root does."""
    place = pushed(tmp_path / "models", "registry", tmp_path)
    assert registry_at(str(place)).models() == ("registry",)


def test_a_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    pushed(tmp_path / "root" / "registry", "digits", tmp_path)
    assert registry_at("~/root").models() == ("digits",)


@pytest.mark.parametrize("place", ["none", "empty"])
def test_a_place_without_models(place, tmp_path):
    (tmp_path / "empty" / "registry").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"a root or a registry that a model was pushed to\. Received: .*" + place):
        registry_at(str(tmp_path / place))


def test_an_address_that_nothing_reads():
    with pytest.raises(UsageError, match="Received: hdfs://host/registry"):
        registry_at("hdfs://host/registry")
