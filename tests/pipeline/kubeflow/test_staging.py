from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kubeflow import staging

# launcher_v2_test.go of kubeflow/pipelines 2.17.0 has the same directories for gs://, minio:// and s3://.
STAGED = [("s3://bucket/run/model", "/s3/bucket/run/model"), ("minio://mlpipeline/v2/x", "/minio/mlpipeline/v2/x")]


@pytest.mark.parametrize(("uri", "path"), STAGED)
def test_what_tensorflow_cannot_read_is_read_where_the_launcher_copies_it(uri, path):
    assert staging.to_local(uri) == path
    assert staging.to_remote(path) == uri


@pytest.mark.parametrize("text", ["gs://bucket/model", "/gcs/bucket/model", "/mnt/registry/3", "s3", "", "a s3://b"])
def test_all_else_stays_as_it_is(text):
    assert staging.to_local(text) == staging.to_remote(text) == text


@given(st.sampled_from(["gs://", "s3://", "minio://", ""]), st.text())
def test_the_way_back_ends_where_it_began(scheme, rest):
    uri = f"{scheme}bucket/{rest}"
    assert staging.to_remote(staging.to_local(uri)) == uri


@pytest.mark.parametrize("scheme", ["gs://", "s3://"])
def test_an_output_has_a_directory_to_be_copied_from(scheme, tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "DIRECTORIES", {"gs://": f"{tmp_path}/gcs/", "s3://": f"{tmp_path}/s3/"})
    path = Path(staging.DIRECTORIES[scheme]) / "bucket" / "baseline"
    path.parent.mkdir(parents=True)
    for _ in range(2):
        staging.make_output(staging.to_local(f"{scheme}bucket/baseline"))
    assert path.is_dir()


@pytest.mark.parametrize("uri", ["gs://bucket/baseline", "/no/such/folder/baseline"])
def test_where_no_launcher_copies_nothing_is_made(uri, tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "DIRECTORIES", {"gs://": f"{tmp_path}/gcs/"})
    staging.make_output(uri)
    assert list(tmp_path.iterdir()) == []
