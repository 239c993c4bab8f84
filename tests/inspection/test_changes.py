import json
from typing import Any

import pytest

from inspection.changes import NOTHING_DIFFERS, changes
from inspection.store import Artifact, NodeExecution

CODE = {"modules": {"compression.choice": "a", "tasks.base": "b"}, "versions": {"tensorflow": "2.16.2"}}


def _execution(inputs: dict[str, int] | None = None, *, pipeline: str = "digits", **properties: Any) -> NodeExecution:
    artifacts = {
        type_: (Artifact(id=id_, type=type_, uri="", created_secs=0, properties={}),)
        for type_, id_ in (inputs or {}).items()
    }
    return NodeExecution(
        id=1,
        pipeline=pipeline,
        node="Node",
        state="done",
        started_secs=0,
        finished_secs=0,
        inputs=artifacts,
        outputs={},
        properties=properties,
    )


def _changes(before: NodeExecution, after: NodeExecution, causes: dict[int, str] | None = None) -> list[str]:
    return [str(reason) for reason in changes(before, after, causes or {})]


def _spec(**options: Any) -> str:
    return json.dumps({"task": "tasks.image_classification.ImageClassification", "options": options, "is_part": True})


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            {"task_spec": _spec(model={"dropout": 0.1})},
            {"task_spec": _spec(model={"dropout": 0.2})},
            "options.model.dropout 0.1 -> 0.2",
        ),
        (
            {"custom_config": json.dumps({"task_spec": _spec(height=8), "train": {"epochs": 3}})},
            {"custom_config": json.dumps({"task_spec": _spec(height=8), "train": {"epochs": 4}})},
            "train.epochs 3 -> 4",
        ),
        ({"task_spec": _spec()}, {"task_spec": _spec(fold=False)}, "options.fold none -> false"),
        ({"measuring": '{"slices": []}'}, {"measuring": '{"slices": ["label"]}'}, 'evaluate.slices [] -> ["label"]'),
        ({"stage": "candidate"}, {"stage": "production"}, "push.stage candidate -> production"),
        ({"fingerprint": "a"}, {"fingerprint": "b"}, "the data changed (fingerprint)"),
        ({"logs_fingerprint": ""}, {"logs_fingerprint": "b"}, "the serving logs changed (fingerprint)"),
        ({"seed": 0}, {"seed": 1}, "seed 0 -> 1"),
    ],
)
def test_options_are_told_by_their_place_in_the_config(before, after, reason):
    assert _changes(_execution(**before), _execution(**after)) == [reason]


def test_code_is_told_by_module_and_libraries_by_version():
    new = {"modules": {**CODE["modules"], "compression.choice": "c"}, "versions": {"tensorflow": "2.17.1"}}
    found = _changes(_execution(code=json.dumps(CODE)), _execution(code=json.dumps(new)))
    assert found == ["code of compression.choice changed", "tensorflow 2.16.2 -> 2.17.1"]


@pytest.mark.parametrize("older", ["", "0123456789abcdef"])
def test_one_digest_of_an_older_version_is_told_by_the_modules_of_today(older):
    found = _changes(_execution(code=older), _execution(code=json.dumps(CODE)))
    assert found == ["code of compression.choice, tasks.base changed", "tensorflow none -> 2.16.2"]


def test_of_many_modules_some_are_named():
    new = {"modules": {f"m{number}": "x" for number in range(9)}, "versions": CODE["versions"]}
    [reason] = _changes(_execution(code=json.dumps(CODE)), _execution(code=json.dumps(new)))
    assert reason == "code of compression.choice, m0, m1 and 8 more changed"


def test_inputs_are_told_with_what_is_behind_them():
    before, after = _execution({"Examples": 1, "Schema": 2}), _execution({"Examples": 9, "Schema": 2})
    assert _changes(before, after, {9: "fingerprint"}) == ["Examples changed (fingerprint)"]


def test_one_cause_is_told_once():
    before = _execution({"ModelRun": 1}, task_spec=_spec(fold=True))
    after = _execution({"ModelRun": 2}, task_spec=_spec(fold=False))
    assert _changes(before, after, {2: "options.fold true -> false"}) == ["options.fold true -> false"]


def test_another_pipeline_on_the_root_is_told():
    assert _changes(_execution(), _execution(pipeline="more-digits")) == ["name digits -> more-digits"]


def test_nothing_that_differs_is_told_too():
    assert _changes(_execution(seed=1), _execution(seed=1)) == [NOTHING_DIFFERS]
