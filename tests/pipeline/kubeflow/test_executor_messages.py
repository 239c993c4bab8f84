"""What TFX's runner is told by each backend; TFX's own parser and its own example of Vertex's messages judge."""

import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.artifacts import CompressedModels
from pipeline.errors import ConfigError
from pipeline.kubeflow.executor_messages import backend_output, runner_input
from records.properties import STAGED_FROM
from tests.e2e.kfp_emulator.artifact_records import MlmdRecords, TaskRecords

SCHEMAS = {
    name: compiler_utils.build_input_artifact_spec(Channel(type=kind)).artifact_type.instance_schema
    for name, kind in {"model": standard_artifacts.Model, "variants": CompressedModels}.items()
}
SPEC = json.dumps(
    {"artifacts": {name: {"artifactType": {"instanceSchema": schema}} for name, schema in SCHEMAS.items()}}
)
OUTPUT = {"name": "model", "uri": "s3://b/model", "type": {"instanceSchema": SCHEMAS["model"]}}
LOGS = {"name": "executor-logs", "uri": "s3://b/executor-logs", "type": {"schemaTitle": "system.Artifact"}}
VERTEX = Path(kubeflow_v2_entrypoint_utils.__file__).parent / "testdata" / "executor_invocation.json"


def _read(inputs=None, outputs=None, parameters=None, spec=SPEC):
    return runner_input(
        json.dumps(
            {
                "inputs": {
                    "artifacts": {name: {"artifacts": [artifact]} for name, artifact in (inputs or {}).items()},
                    "parameterValues": parameters or {},
                },
                "outputs": {
                    "artifacts": {name: {"artifacts": [artifact]} for name, artifact in (outputs or {}).items()},
                    "outputFile": "/tmp/output_metadata.json",
                },
            }
        ),
        spec,
    )


def _recorded(records, name, **artifact):
    """An output as the next step is told of it."""
    written = {"uri": "s3://b/x", "type": {"instanceSchema": SCHEMAS[name]}, **artifact}
    return records.runtime_artifact(records.record(name, written))


@pytest.mark.parametrize("records", [MlmdRecords, TaskRecords])
def test_inputs_have_the_types_that_the_backend_forgot(records):
    backend = records()
    message = _read({name: _recorded(backend, name) for name in SCHEMAS})
    parsed = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(message.inputs.artifacts)
    assert [type(artifact) for artifact in parsed["model"]] == [standard_artifacts.Model]
    assert [type(artifact) for artifact in parsed["variants"]] == [CompressedModels]
    assert parsed["model"][0].uri == "/s3/b/x"


def test_vertex_s_messages_are_read_as_tfx_reads_them():
    text = VERTEX.read_text()
    spec = json.loads(text)["inputs"]["artifacts"]
    types = {name: {"artifactType": given["artifacts"][0]["type"]} for name, given in spec.items()}
    for inputs_spec in ("{}", json.dumps({"artifacts": types})):
        message = runner_input(text, inputs_spec)
        inputs = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(message.inputs.artifacts)
        outputs = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(message.outputs.artifacts)
        [first] = inputs["input_1"]
        assert type(first) is standard_artifacts.Examples
        assert first.uri == "gs://root/input_1/"
        assert first.get_string_custom_property("custom_property_1") == "string property"
        assert first.get_int_custom_property("custom_property_2") == 42
        assert {name: artifacts[0].uri for name, artifacts in outputs.items()} == {
            "output": "gs://root/output/",
            "blessing": "gs://root/blessing/",
        }
        assert message.outputs.output_file == "gs://root/output_metadata/"
        assert dict(message.inputs.parameter_values)["key_2"].number_value == 536870911


def test_outputs_of_the_launcher_are_none_of_the_component_s():
    message = _read(outputs={"model": OUTPUT, "executor-logs": LOGS})
    assert {name: given.artifacts[0].uri for name, given in message.outputs.artifacts.items()} == {
        "model": "/s3/b/model"
    }


def test_a_number_for_a_name_is_no_obstacle():
    names = {}
    message = _read({"model": _recorded(MlmdRecords(), "model")})
    [model] = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(message.inputs.artifacts, names)["model"]
    assert names[model.id] == "1"


def test_a_copy_s_own_place_is_known():
    message = _read({"model": _recorded(MlmdRecords(), "model"), "variants": _recorded(TaskRecords(), "variants")})
    for listed in message.inputs.artifacts.values():
        assert listed.artifacts[0].metadata[STAGED_FROM] == "s3://b/x"


def test_paths_in_metadata_lead_to_the_copies():
    metadata = {"current_model": "s3://b/model", "all": ["s3://b/1", {"one": "minio://b/2"}], "note": "at s3://b"}
    message = _read({"model": _recorded(TaskRecords(), "model", metadata=metadata)})
    found = dict(message.inputs.artifacts["model"].artifacts[0].metadata)
    assert found["current_model"] == "/s3/b/model"
    assert found["all"][0] == "/s3/b/1"
    assert dict(found["all"][1]) == {"one": "/minio/b/2"}
    assert found["note"] == "at s3://b"


NUMBERS = st.integers(-(2**50), 2**50).map(float)
JSON = st.recursive(
    st.text(max_size=3) | NUMBERS, lambda values: st.lists(values) | st.dictionaries(st.text(max_size=6), values)
)
# Most likely to be taken for the backend's.
WRAPPED = st.dictionaries(st.sampled_from(["list", "struct"]), JSON)


@pytest.mark.parametrize("records", [MlmdRecords, TaskRecords])
@given(value=JSON | WRAPPED)
def test_metadata_reaches_the_next_step_as_it_was_written(records, value):
    message = _read({"model": _recorded(records(), "model", metadata={"key": value}, uri="gs://b/x")})
    found = json_format.MessageToDict(message.inputs.artifacts["model"].artifacts[0].metadata)
    assert found["key"] == value


def test_what_a_step_wrote_is_told_by_uris_and_without_nulls():
    metadata = {"current_model": "/minio/b/model", "copies": ["/s3/b/1"], "pushed": "/mnt/registry/1", "none": None}
    written = {"artifacts": {"blessing": {"artifacts": [{"uri": "/s3/b/blessing", "metadata": metadata}]}}}
    [artifact] = json.loads(backend_output(json.dumps(written)))["artifacts"]["blessing"]["artifacts"]
    assert artifact == {
        "uri": "s3://b/blessing",
        "metadata": {"current_model": "minio://b/model", "copies": ["s3://b/1"], "pushed": "/mnt/registry/1"},
    }


@pytest.mark.parametrize("uri", ["az://b/model", "file:///tmp/model", "oci://b/model"])
def test_a_root_that_no_step_can_use_is_refused(uri):
    rule = r"kubeflow.pipeline_root must begin with one of gs://, s3://, minio://.* Received an artifact at "
    with pytest.raises(ConfigError, match=rule + uri):
        _read(outputs={"model": {**OUTPUT, "uri": uri}})
    with pytest.raises(ConfigError, match=rule + uri):
        _read({"model": {**OUTPUT, "uri": uri}})


def test_a_local_path_is_left_alone():
    assert _read(outputs={"model": {**OUTPUT, "uri": "/tmp/model"}}).outputs.artifacts["model"].artifacts[0].uri == (
        "/tmp/model"
    )


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"registry": "minio://b/registry"}, "registry"),
        ({"workspaces": "s3://b/workspaces"}, "workspaces"),
        ({"passed_data": "s3://b/passed_data/digits"}, "passed_data"),
        ({"custom_config": json.dumps({"workspaces": "s3://b/workspaces", "seed": 0})}, "workspaces"),
    ],
)
def test_what_outlives_a_run_may_not_lie_where_nothing_is_staged(parameters, name):
    with pytest.raises(ConfigError, match=rf"the {name} must be a directory of a mounted volume.* Received: \w+://"):
        _read(parameters=parameters)


@pytest.mark.parametrize("place", ["gs://b/registry", "/mnt/registry"])
def test_what_outlives_a_run_may_lie_where_a_step_can_write(place):
    assert dict(_read(parameters={"registry": place}).inputs.parameter_values)["registry"].string_value == place
