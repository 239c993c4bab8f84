import re

import pytest

from data.errors import SourceNotFoundError
from data.known.datasets import KNOWN, cache_folder, find_known, locate


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SLIPWAY_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _place(folder, name: str) -> None:
    folder.mkdir(parents=True)
    for file in find_known(name).files:
        (folder / file.name).write_bytes(b"")


def test_the_users_folder_comes_before_the_cache(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("SLIPWAY_DATA_DIR", str(tmp_path / "mine"))
    _place(cache / "slipway" / "ett", "etth1")
    assert locate("etth1") == cache / "slipway" / "ett" == cache_folder(find_known("etth1"))
    _place(tmp_path / "mine" / "ett", "etth1")
    assert locate("etth1") == tmp_path / "mine" / "ett"


def test_what_is_not_there_names_both_ways(tmp_path, monkeypatch):
    with pytest.raises(SourceNotFoundError, match=r"\(not set\).*slipway data fetch mnist`, or set SLIPWAY_DATA_DIR"):
        locate("mnist")
    monkeypatch.setenv("SLIPWAY_DATA_DIR", str(tmp_path))
    with pytest.raises(SourceNotFoundError, match=f"SLIPWAY_DATA_DIR={re.escape(str(tmp_path))}"):
        locate("mnist")


def test_a_folder_with_some_of_the_files_does_not_count(cache):
    _place(cache / "slipway" / "mnist", "mnist")
    (cache / "slipway" / "mnist" / find_known("mnist").files[0].name).unlink()
    with pytest.raises(SourceNotFoundError):
        locate("mnist")


def test_unknown_names():
    with pytest.raises(SourceNotFoundError, match=r"one of fashion_mnist, .*Received: 'cifar'"):
        find_known("cifar")


def test_every_file_has_an_address_and_a_digest():
    for dataset in KNOWN.values():
        for file in dataset.files:
            assert file.url.startswith("http")
            assert file.url.endswith(file.name)
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.size_bytes > 0
