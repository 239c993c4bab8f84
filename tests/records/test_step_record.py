import pytest

from records.findings import Finding
from records.step_record import ClusterRun, StepArtifact, StepRecord

RECORD = StepRecord(
    task_uri="s3://b/digits/run/Evaluator/1",
    state="refused",
    error="accuracy must be >= 0.95.",
    started_secs=1.5,
    finished_secs=2.5,
    properties={"seed": 3.0},
    inputs={"model": [StepArtifact(type="Model", uri="s3://b/digits/run/Trainer/2/model", properties={"a": [1]})]},
    findings=[Finding(gate="evaluation", metric="accuracy", where="", value=0.9, limit=">= 0.95", passed=False)],
    versions={"slipway": "1"},
    run=ClusterRun(pipeline="digits", config={"seed": 3}, upstream={"A": [], "B": ["A"]}, labels=["0", "1"]),
)


def test_a_record_comes_back_from_one_line_of_json():
    text = RECORD.as_json()
    assert "\n" not in text
    assert StepRecord.from_json(text) == RECORD


def test_what_a_later_version_adds_is_passed_over():
    assert StepRecord.from_json('{"task_uri": "s3://b/p/r/N/1", "later": 1}').state == "done"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"task_uri": "a", "inputs": 3}', '{"task_uri": "a", "outputs": {"m": [{"type": "Model"}]}}'],
)
def test_what_is_no_record_is_refused(text):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        StepRecord.from_json(text)
