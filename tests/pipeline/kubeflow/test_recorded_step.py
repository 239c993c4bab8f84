"""The record that a step leaves: in which place, and what it says."""

import json

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from components.gates import GateRefused
from pipeline.kubeflow.recorded_step import recorded
from records.findings import Finding
from records.step_record import STEP_FILE, STEP_LINE, StepArtifact, StepRecord
from training.errors import Preempted

FINDING = Finding(gate="evaluation", metric="accuracy", where="", value=0.9, limit=">= 0.95", passed=False)


def _type(name):
    return {"instanceSchema": f"title: tfx.{name}\ntype: object\n"}


def _message(task, outputs):
    staged = {"staged_from": "minio://b/p/r/Trainer/1/model", "x": "y"}
    model = {"name": "7", "uri": "/minio/b/p/r/Trainer/1/model", "type": _type("Model"), "metadata": staged}
    written = {name: {"artifacts": [{"uri": str(task / name), "type": _type(kind)}]} for name, kind in outputs.items()}
    message = {
        "inputs": {"artifacts": {"model": {"artifacts": [model]}}, "parameterValues": {"seed": 3}},
        "outputs": {"artifacts": written, "outputFile": str(task / "output_metadata.json")},
    }
    return json_format.ParseDict(message, pipeline_spec_pb2.ExecutorInput())


def _output(task, name):
    said = {"artifacts": {name: {"artifacts": [{"uri": str(task / name), "metadata": {"blessed": 1}}]}}}
    return json.dumps(said)


@pytest.fixture
def task(tmp_path):
    return tmp_path / "digits" / "run" / "Evaluator" / "id"


def _logged(capsys):
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith(STEP_LINE)]
    return StepRecord.from_json(line.removeprefix(STEP_LINE))


def test_a_step_that_is_done_leaves_it_beside_its_output(task, capsys):
    with recorded(_message(task, {"blessing": "ModelBlessing"})) as written:
        written.append(_output(task, "blessing"))
    record = StepRecord.from_json((task / "blessing" / STEP_FILE).read_text())
    assert (record.task_uri, record.state, record.error) == (str(task), "done", None)
    uri = str(task / "blessing")
    assert record.outputs == {"blessing": [StepArtifact(type="ModelBlessing", uri=uri, properties={"blessed": 1})]}
    assert record.inputs == {
        "model": [StepArtifact(type="Model", uri="minio://b/p/r/Trainer/1/model", properties={"x": "y"})]
    }
    assert record.properties == {"seed": 3}
    assert record.versions["tfx"]
    assert 0 < record.started_secs <= record.finished_secs
    assert STEP_LINE not in capsys.readouterr().err


def test_where_tfx_allows_one_file_the_log_has_it(task, capsys):
    with recorded(_message(task, {"schema": "Schema"})) as written:
        written.append(_output(task, "schema"))
    assert not (task / "schema").exists()
    assert _logged(capsys).state == "done"


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (GateRefused([FINDING], "Train a better model."), "refused", "accuracy"),
        (Preempted("SIGTERM came."), "interrupted", "SIGTERM came."),
        (OSError("disk"), "failed", "disk"),
    ],
)
def test_of_a_step_that_is_not_done_the_log_has_it_with_the_reason(error, state, said, task, capsys):
    with pytest.raises(type(error)), recorded(_message(task, {"blessing": "ModelBlessing"})):
        raise error
    record = _logged(capsys)
    assert record.state == state
    assert said in record.error
    assert record.outputs == {}
    assert record.findings == ([FINDING] if state == "refused" else [])


def test_a_worker_leaves_it_to_the_chief_and_one_that_trains_alone_does_not(task, capsys, monkeypatch):
    worker = {"type": "worker", "index": 0}
    for cluster, is_left in (({"chief": ["a"], "worker": ["b"]}, False), ({"worker": ["a"]}, True)):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": worker}))
        with recorded(_message(task, {"blessing": "ModelBlessing"})) as written:
            written.append(_output(task, "blessing"))
        assert (task / "blessing" / STEP_FILE).exists() == is_left
