"""Addresses of object stores, and what reads them."""

import pytest
from etils import epath

from records import stores
from records.stores import (
    StoreError,
    check_place,
    check_store,
    check_tensorflow_place,
    check_tensorflow_store,
    is_uri,
    path_at,
)


@pytest.fixture
def installed(monkeypatch):
    """Which of the distributions that s3:// needs are there."""
    names: set[str] = set()
    monkeypatch.setattr(stores, "find_spec", lambda name: object() if name in names else None)
    return names


@pytest.mark.parametrize("text", ["gs://b/x", "s3://b", "file:///x", "HDFS://x", "a+b.c-1://x"])
def test_a_scheme_and_two_slashes_make_an_address(text):
    assert is_uri(text)


@pytest.mark.parametrize("text", ["/gs:/b/x", "gs:/b", "b/gs://x", "1a://x", "://x", "", "C:\\x"])
def test_anything_else_is_a_path(text):
    assert not is_uri(text)
    assert check_place(text) == check_tensorflow_place(text) == text


def test_a_path_of_this_machine_is_one():
    assert path_at("images/a") == epath.Path("images/a")


@pytest.mark.parametrize("uri", ["gs://bucket", "gs://bucket/", "gs://bucket/a//b"])
def test_an_address_keeps_its_slashes(uri):
    assert check_place(uri) == uri
    assert str(path_at(uri) / "x").startswith("gs://bucket/")


CHECKS = (check_store, check_tensorflow_store, check_place, check_tensorflow_place, path_at)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("uri", ["hdfs://host/a", "file:///a", "gs://", "gs:///a", "S3://bucket", "az://bucket/a"])
def test_an_address_that_nothing_reads_is_refused(uri, check):
    with pytest.raises(StoreError, match=rf"must be one of gs://BUCKET/… and s3://BUCKET/…\. Received: {uri}\."):
        check(uri)


@pytest.mark.parametrize("check", CHECKS)
def test_gs_needs_nothing_more(installed, check):
    check("gs://bucket/a")


@pytest.mark.parametrize("check", [check_store, check_place, path_at])
def test_s3_needs_what_reads_it(installed, check):
    with pytest.raises(StoreError, match=r"by s3fs, which is not installed\. Received: s3://b/a\. Type `pip install"):
        check("s3://b/a")
    installed.add("s3fs")
    check_place("s3://b/a")


@pytest.mark.parametrize("check", [check_tensorflow_store, check_tensorflow_place])
def test_s3_is_refused_where_tensorflow_would_have_to_read_it(installed, check):
    installed.add("s3fs")
    with pytest.raises(StoreError, match=r"has no file system for s3://\. Received: s3://b/a\. Use gs://, a path on"):
        check("s3://b/a")
