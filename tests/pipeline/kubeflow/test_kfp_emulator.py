"""The emulated backend held against what KFP's own tests and sources (release 2.17.0) expect of the real one."""

from pathlib import Path

import pytest

from tests.e2e.kfp_emulator.artifact_records import MlmdRecords, TaskRecords
from tests.e2e.kfp_emulator.cache_key import cache_key, fingerprint
from tests.e2e.kfp_emulator.object_store import ObjectStore, local_path
from tests.e2e.kfp_emulator.retries import RetryStrategy

MODEL = (
    "title: kfp.Model\ntype: object\nproperties:\n  framework:\n    type: string\n"
    "  framework_version:\n    type: string\n"
)
DATASET = "title: kfp.Dataset\ntype: object\nproperties:\n  payload_format:\n    type: string\n"


def test_fingerprints_are_those_of_kfp_s_own_test():
    """TestGenerateCacheKey and TestGenerateFingerPrint in backend/src/v2/cacheutils/cache_test.go."""
    key = cache_key(
        {
            "parameterValues": {"message": "Some string value", "num_steps": 5.0},
            "artifacts": {
                "dataset_one": {"artifacts": [{"name": "1", "uri": "gs://b/1", "type": {"instanceSchema": DATASET}}]},
                "dataset_two": {"artifacts": [{"name": "2", "uri": "gs://b/2", "type": {"schemaTitle": "kfp.Model"}}]},
            },
        },
        {
            "artifacts": {
                name: {"artifacts": [{"name": name, "uri": f"gs://b/{name}", "type": kind, "metadata": {"name": name}}]}
                for name, kind in {
                    "model": {"instanceSchema": MODEL},
                    "metrics": {"schemaTitle": "kfp.Metrics"},
                }.items()
            }
        },
        output_parameters={"output_parameter_one": "STRING", "output_parameter_two": "INT"},
        command=["sh", "ec", "test"],
        image="python:3.11",
    )
    assert fingerprint(key) == "b498530c9016917298999ec0b01f364a180f8a3862bea0fa672a383ca3f22e4e"


def test_another_fingerprint_of_kfp_s_own_test():
    key = cache_key(
        {"artifacts": {"dataset": {"artifacts": [{"name": "10"}]}}},
        {},
        output_parameters={"output_parameter": "DOUBLE"},
        command=["sh", "ec", "run"],
        image="python:3.11",
    )
    assert fingerprint(key) == "3d9a2a778fa3174c6cfc6e639c507c265b5f21ef6e5b1dd70b236462cc6da464"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("text", "text"),
        (2.5, 2.5),
        (True, 1.0),
        ([1.0, "a"], {"list": [1.0, "a"]}),
        ({"train": 1.0}, {"struct": {"train": 1.0}}),
    ],
)
def test_ml_metadata_keeps_values_as_structvaluetomlmdvalue_has_them(value, seen):
    records = MlmdRecords()
    records.record("first", {"uri": "s3://b/0"})
    artifact = records.runtime_artifact(records.record("model", {"uri": "s3://b/1", "metadata": {"key": value}}))
    assert artifact["metadata"]["key"] == seen
    assert artifact["metadata"]["display_name"] == "model"
    assert (artifact["name"], artifact["type"]) == ("2", {"instanceSchema": ""})


def test_ml_metadata_takes_no_null():
    with pytest.raises(ValueError, match="unknown/unsupported value type"):
        MlmdRecords().record("model", {"uri": "s3://b/1", "metadata": {"key": None}})


def test_without_ml_metadata_the_schema_is_the_title_of_the_type():
    records = TaskRecords()
    written = {"uri": "s3://b/1", "type": {"instanceSchema": MODEL}, "metadata": {"key": [1.0]}}
    artifact = records.runtime_artifact(records.record("model", written))
    assert artifact == {
        "name": "model",
        "artifactId": artifact["artifactId"],
        "uri": "s3://b/1",
        "type": {"schemaTitle": MODEL},
        "metadata": {"key": [1.0]},
    }


@pytest.mark.parametrize(
    ("policy", "attempts", "secs", "again"),
    [
        (None, 1, 0.1, False),
        # What the compiler makes of a count alone: no time at all.
        ({"maxRetryCount": 3}, 1, 0.1, False),
        ({"maxRetryCount": 3, "backoffMaxDuration": "60s"}, 3, 59.0, True),
        ({"maxRetryCount": 3, "backoffMaxDuration": "60s"}, 4, 59.0, False),
        ({"maxRetryCount": 3, "backoffMaxDuration": "60s"}, 1, 61.0, False),
    ],
)
def test_argo_starts_again_within_the_count_and_the_time(policy, attempts, secs, again):
    strategy = RetryStrategy.of_task({"retryPolicy": policy} if policy else {})
    assert strategy.allows_another(attempts, secs) is again


@pytest.mark.parametrize(
    ("uri", "path"),
    [("gs://b/k", "/gcs/b/k"), ("minio://b/k/l", "/minio/b/k/l"), ("s3://b/k", "/s3/b/k")],
)
def test_artifacts_are_staged_where_localpathforuri_says(uri, path):
    assert local_path(uri, Path("/")) == Path(path)


def test_an_object_store_keeps_files_and_no_directories(tmp_path):
    (tmp_path / "out" / "empty").mkdir(parents=True)
    (tmp_path / "out" / "a" / "b").mkdir(parents=True)
    (tmp_path / "out" / "a" / "b" / "file").write_text("text")
    store = ObjectStore(tmp_path / "store")
    store.upload(tmp_path / "out", "minio://bucket/out")
    store.download("minio://bucket/out", tmp_path / "in")
    assert [path.relative_to(tmp_path / "in").as_posix() for path in sorted((tmp_path / "in").rglob("*"))] == [
        "a",
        "a/b",
        "a/b/file",
    ]
    with pytest.raises(FileNotFoundError):
        store.upload(tmp_path / "missing", "minio://bucket/missing")
    store.download("minio://bucket/missing", tmp_path / "none")
    assert not (tmp_path / "none").exists()
