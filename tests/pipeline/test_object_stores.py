"""What a run tries of object stores before its first node."""

import pytest
from etils.epath import backend

from pipeline.errors import UsageError
from pipeline.object_stores import prepare_stores
from pipeline.places import Places
from tests.object_stores.memory import use_memory
from tests.object_stores.places import contents


def _places(pipeline_root, registry):
    return Places(
        pipeline_root=str(pipeline_root),
        registry=str(registry),
        workspaces="none",
        passed_data="none",
        fingerprint="none",
        start=None,
    )


def test_places_on_this_machine_are_left_alone(tmp_path):
    prepare_stores(_places(tmp_path / "artifacts", tmp_path / "registry"))
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_to_try_is_removed(store):
    prepare_stores(_places(f"{store}/artifacts", f"{store}/registry"))
    assert contents(store) == {}


@pytest.mark.parametrize(("place", "key"), [("artifacts", "artifacts"), ("registry", "push.registry")])
def test_a_folder_that_cannot_be_written_is_named_by_its_key(monkeypatch, place, key):
    use_memory(monkeypatch)
    written = backend.fsspec_backend.open

    def refuse(path, mode):
        if "w" in mode and f"/{place}/" in path:
            raise PermissionError("Access Denied.")
        return written(path, mode)

    monkeypatch.setattr(backend.fsspec_backend, "open", refuse)
    rule = (
        rf"{key} must be a folder that can be written\. Received: gs://b/{place} \(Access Denied\.\)\. Make the bucket"
    )
    with pytest.raises(UsageError, match=rule):
        prepare_stores(_places("gs://b/artifacts", "gs://b/registry"))
