"""Text protos, read by TF Serving's own classes; what its Python package lacks, by protoc from its sources."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.deployment.served import served_models
from serving.deployment.server_files import (
    batching_config,
    models_config,
    monitoring_config,
    prepare_config,
    server_flags,
)
from tests.serving.deployment.conftest import OPTIONS


def read(text: str) -> dict[str, tuple[str, list[int], dict[str, int]]]:
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return {
        one.name: (one.base_path, list(one.model_version_policy.specific.versions), dict(one.version_labels))
        for one in config.model_config_list.config
    }


def test_labels_are_the_registrys_and_exactly_the_labelled_versions_are_served(registry):
    assert read(models_config(served_models(registry), "gs://bucket/r", keep_previous=False)) == {
        "My_Model.2": ("gs://bucket/r/My_Model.2", [1], {"canary": 1}),
        "digits": ("gs://bucket/r/digits", [2, 3], {"production": 2, "canary": 3}),
    }


def test_a_running_server_keeps_the_version_before_and_is_prepared_with_its_label(registry):
    models = served_models(registry)
    assert read(models_config(models, "/m", keep_previous=True))["digits"][1:] == (
        [1, 2, 3],
        {"production": 2, "canary": 3},
    )
    assert read(prepare_config(models, "/m"))["digits"][1:] == ([1, 2, 3], {"production": 1, "canary": 3})


def test_the_platform_is_tensorflow(registry):
    config = text_format.Parse(
        models_config(served_models(registry), "/m", keep_previous=True), model_server_config_pb2.ModelServerConfig()
    )
    assert {one.model_platform for one in config.model_config_list.config} == {"tensorflow"}


def test_only_a_server_whose_files_change_polls():
    polls = [flag for flag in server_flags("/etc", poll=True) if "poll" in flag]
    assert polls == ["--model_config_file_poll_wait_seconds=30"]
    assert not [flag for flag in server_flags("/etc", poll=False) if "poll" in flag]


@pytest.fixture
def sources() -> Path:
    """Folder of TF Serving's sources, for protos that its package does not have."""
    if "SLIPWAY_TEST_TF_SERVING" not in os.environ or shutil.which("protoc") is None:
        pytest.skip("needs protoc on the path, and SLIPWAY_TEST_TF_SERVING, a checkout of tensorflow/serving")
    return Path(os.environ["SLIPWAY_TEST_TF_SERVING"])


def encode(directory: Path, file: str, message: str, text: str) -> bytes:
    """The bytes of a text proto, by the definition of its message."""
    done = subprocess.run(
        ["protoc", f"-I{directory}", f"--encode=tensorflow.serving.{message}", file],
        input=text.encode(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_monitoring_is_a_monitoring_config(sources):
    file = "tensorflow_serving/config/monitoring_config.proto"
    assert b"/monitoring/prometheus/metrics" in encode(sources, file, "MonitoringConfig", monitoring_config())


def test_batching_is_batching_parameters(sources, tmp_path):
    text = (sources / "tensorflow_serving/servables/tensorflow/session_bundle_config.proto").read_text()
    # This message alone: another one of the file has a field of a type that the published sources lack.
    message = text[text.index("message BatchingParameters {") :]
    message = message[: message.index("\n}\n") + 3]
    imports = 'import "google/protobuf/wrappers.proto";'
    (tmp_path / "one.proto").write_text(f'syntax = "proto3";\npackage tensorflow.serving;\n{imports}\n{message}')
    # max_batch_size = 1: Int64Value{value = 1: 64}.
    encoded = encode(tmp_path, "one.proto", "BatchingParameters", batching_config(OPTIONS))
    assert encoded.startswith(b"\x0a\x02\x08\x40")


def test_flags_are_those_of_the_server(sources):
    main = (sources / "tensorflow_serving/model_servers/main.cc").read_text()
    for flag in server_flags("/etc", poll=True):
        assert f'"{flag.removeprefix("--").partition("=")[0]}"' in main
