"""Spans of data where a person looks for what a model was made of."""

import io
import json
from pathlib import Path

from rich.console import Console

from inspection.changes import changes
from inspection.lineage import Step, origin_of
from inspection.store import Artifact, NodeExecution
from inspection.terminal import lineage_tree
from records.properties import SPANS
from records.run import RunRecord


def _example_gen(spans: dict[int, int | None]) -> NodeExecution:
    examples = Artifact(
        id=1, type="Examples", uri="examples", created_secs=0, properties={SPANS: json.dumps(spans)} if spans else {}
    )
    source = {"file": "{SPAN}.csv", "span": {"last": None, "exactly": spans}}
    return NodeExecution(
        id=1,
        node="ExampleGen",
        state="done",
        started_secs=0,
        finished_secs=0,
        inputs={},
        outputs={"examples": (examples,)},
        properties={"fingerprint": "f" * 64, "task_spec": json.dumps({"options": {"source": source}})},
    )


def test_a_lineage_names_them_whole_beside_digests_that_are_cut():
    execution = _example_gen({2: 12, 3: 1})
    [examples] = execution.outputs["examples"]
    assert origin_of(execution) == {"fingerprint": "f" * 64, "span": "2 (version 12), 3 (version 1)"}
    step = Step(execution=execution, outputs={examples.id: ("examples", examples)})
    out = io.StringIO()
    heading = {"version": "sizes/1", "stage": "production", "destination": "registry/sizes/1", "metrics": {}}
    Console(file=out, width=200).print(lineage_tree(heading, step, Path()))
    assert f"fingerprint {'f' * 12}, span 2 (version 12), 3 (version 1)\n" in out.getvalue()


def test_data_without_spans_has_none():
    assert origin_of(_example_gen({})) == {"fingerprint": "f" * 64}


def test_a_reason_has_them_in_one_piece():
    [reason] = changes(_example_gen({2: 1}), _example_gen({2: 1, 3: None}), {})
    assert str(reason) == 'options.source.span.exactly {"2": 1} -> {"2": 1, "3": null}'


def test_a_record_keeps_their_numbers():
    record = RunRecord(run_id="1", pipeline="sizes", spans={3: 2, 4: None})
    read = RunRecord.from_json(json.loads(json.dumps(record.as_json())))
    assert read.spans == {3: 2, 4: None}
    assert RunRecord.from_json({"run_id": "1", "pipeline": "sizes"}).spans == {}
