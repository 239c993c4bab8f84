import json
from dataclasses import replace

import pytest

from inspection.store import RunStore
from pipeline.cluster_runs.errors import ClusterRunsError
from pipeline.cluster_runs.importing import import_runs
from records.root import run_directory
from records.run import read_run_record
from records.step_record import STEP_FILE, StepArtifact, StepRecord
from tests.object_stores.places import upload
from tests.pipeline.cluster_runs.hand_made import (
    BASE,
    FIRST,
    FIRST_SECS,
    RUN,
    SECOND,
    SECOND_SECS,
    ClusterRoot,
    two_runs,
)

FIRST_ID, SECOND_ID = f"20260101-000000-{FIRST}", f"20260102-000000-{SECOND}"


@pytest.fixture
def place(tmp_path):
    return two_runs(tmp_path / "place")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def _states(root, run_id):
    return {node.name: node.state for node in read_run_record(run_directory(root, run_id)).nodes}


def test_runs_are_named_by_when_they_began_and_what_the_backend_calls_them(place, root):
    assert import_runs(str(place.path), root) == [FIRST_ID, SECOND_ID]
    assert RunStore(root).run_ids() == [FIRST_ID, SECOND_ID]


def test_a_run_of_which_a_step_failed_says_why_and_for_how_long_it_went(place, root):
    import_runs(str(place.path), root)
    record = read_run_record(run_directory(root, FIRST_ID))
    assert (record.state, record.error, record.started_at) == (
        "failed",
        "the disk is full",
        "2026-01-01T00:00:00+00:00",
    )
    # 0 to 3 and 1 to 4 overlap; then 5 to 8 and 9 to 12.
    assert (record.total_secs, record.executor_secs) == (12, 10)
    assert record.versions == {"slipway": "0.1.0"}


def test_a_node_that_others_waited_for_came_from_the_cache_and_one_behind_a_failure_was_not_begun(place, root):
    import_runs(str(place.path), root)
    assert _states(root, SECOND_ID) == {
        "ExampleGen": "cached",
        "DataGate": "cached",
        "Transform": "failed",
        "BulkInferrer": "skipped",
    }


def test_the_store_has_what_was_read_and_written_and_when(place, root):
    import_runs(str(place.path), root)
    store = RunStore(root)
    by_node = {execution.node: execution for execution in store.run(FIRST_ID)}
    transform, generated = by_node["Transform"], by_node["ExampleGen"]
    assert (transform.started_secs, transform.finished_secs) == (FIRST_SECS + 5, FIRST_SECS + 8)
    assert transform.inputs["examples"] == generated.outputs["examples"]
    assert generated.properties["seed"] == 3
    assert generated.outputs["examples"][0].created_secs == FIRST_SECS + 3
    assert store.producer(transform.outputs["transform_graph"][0].id).run_id == FIRST_ID
    cached = {execution.node: execution for execution in store.run(SECOND_ID)}["ExampleGen"]
    assert (cached.state, cached.outputs) == ("cached", generated.outputs)


def test_examples_and_graphs_stay_where_they_are_and_the_rest_is_brought(place, root):
    import_runs(str(place.path), root)
    outputs = {e.node: next(iter(e.outputs.values()))[0].uri for e in RunStore(root).run(FIRST_ID) if e.outputs}
    assert outputs["ExampleGen"] == f"{BASE}/digits/{FIRST}/ExampleGen/id-examplegen/examples"
    schema = root / "artifacts" / "digits" / FIRST / "SchemaGen" / "id-schemagen" / "schema"
    assert outputs["SchemaGen"] == str(schema)
    assert (schema / "content").read_text() == "schema"
    assert not list(root.rglob("transform_graph")) + list(root.rglob("examples"))


def test_runs_are_brought_from_an_object_store(store, place, root):
    upload(place.path, store)
    assert import_runs(store, root) == [FIRST_ID, SECOND_ID]
    assert _states(root, FIRST_ID)["BulkInferrer"] == "failed"
    assert len(list(root.rglob("schema/content"))) == 1


def test_of_a_model_s_folder_the_weights_stay(place, root):
    place.step(FIRST, "Compressor", FIRST_SECS + 20, outputs={"other": "CompressedModels"}, state="failed")
    there = place.folder(f"{BASE}/digits/{FIRST}/Compressor/id-compressor/other")
    for name in ("int8.tflite", "model.keras", "checkpoints/step-1/tensors", "history/loss.jsonl"):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text("x")
    import_runs(str(place.path), root)
    here = root / "artifacts" / "digits" / FIRST / "Compressor" / "id-compressor" / "other"
    brought = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert brought == {"content", STEP_FILE, "history/loss.jsonl"}


def test_a_run_brings_those_that_it_took_from(place, root):
    place.step("33333333-cccc", "ExampleGen", SECOND_SECS + 9, outputs={"examples": "Examples"})
    assert import_runs(str(place.path), root, runs=[SECOND]) == [FIRST_ID, SECOND_ID]


def test_the_same_again_adds_new_runs_and_what_a_step_came_to_since(place, root):
    import_runs(str(place.path), root, runs=[FIRST])
    assert _states(root, FIRST_ID)["BulkInferrer"] == "failed"
    place.step(FIRST, "BulkInferrer", FIRST_SECS + 99, outputs={"other": "Schema"})
    assert import_runs(str(place.path), root, runs=[SECOND]) == [FIRST_ID, SECOND_ID]
    assert _states(root, FIRST_ID)["BulkInferrer"] == "done"


def test_a_step_that_died_without_a_record_failed(place, root):
    place.log(f"{BASE}/digits/{FIRST}/Compressor/id-1", ["INFO: begins", "Killed"])
    import_runs(str(place.path), root)
    executions = {execution.node: execution for execution in RunStore(root).run(FIRST_ID)}
    assert executions["Compressor"].state == "failed"


def test_of_several_attempts_the_last_counts(place, root):
    uri = f"{BASE}/digits/{SECOND}/Transform/id-transform"
    record = StepRecord(task_uri=uri, state="interrupted", error="SIGTERM came", started_secs=SECOND_SECS, run=RUN)
    for attempt in (9, 10):
        place.log(uri, [f"slipway-step: {replace(record, error=f'attempt {attempt}').as_json()}"], attempt)
    import_runs(str(place.path), root)
    assert read_run_record(run_directory(root, SECOND_ID)).error == "attempt 10"


def _received(place, root, **values):
    with pytest.raises(ClusterRunsError) as raised:
        import_runs(str(place), root, **values)
    assert "Received: " in str(raised.value)
    return str(raised.value)


def test_an_empty_place_and_one_without_records_say_what_was_expected(tmp_path, root):
    (tmp_path / "empty").mkdir()
    assert "0 folders of runs" in _received(tmp_path / "empty", root)
    ClusterRoot(tmp_path / "old").log(f"{BASE}/digits/{FIRST}/Transform/id", ["Epoch 1"])
    assert "1 folders of runs" in _received(tmp_path / "old", root)
    assert "0 folders of runs" in _received(tmp_path / "nowhere", root)
    assert not (root / "metadata.db").exists()


def test_a_run_that_is_not_there_is_named_with_those_that_are(place, root):
    assert f"Received: nobody. It has {FIRST}, {SECOND}." in _received(place.path, root, runs=["nobody"])


@pytest.mark.parametrize(
    ("channel", "uri"),
    [
        ("model", "/etc"),
        ("model", f"{BASE}/digits/{FIRST}/Transform/id-transform/../../secret"),
        ("../../model", f"{BASE}/digits/{FIRST}/Transform/id-transform/../../model"),
        ("model", "s3://other/model"),
    ],
)
def test_an_output_elsewhere_than_in_its_step_s_folder_is_refused(channel, uri, place, root):
    file = place.path / "digits" / FIRST / "Transform" / "id-transform" / "transform_graph" / STEP_FILE
    record = StepRecord.from_json(file.read_text())
    file.write_text(replace(record, outputs={channel: [StepArtifact(type="ModelRun", uri=uri)]}).as_json())
    assert uri in _received(place.path, root)


@pytest.mark.parametrize("uri", ["/etc", "file:///etc", f"{BASE}/../secret", "../x"])
def test_an_input_outside_object_stores_is_refused(uri, place, root):
    place.step(FIRST, "Evaluator", FIRST_SECS, {"model": StepArtifact(type="Model", uri=uri)}, {"blessing": "B"})
    assert uri in _received(place.path, root)


def test_a_record_that_was_written_elsewhere_is_refused(place, root):
    (place.path / "digits" / FIRST).rename(place.path / "digits" / "moved")
    assert "must lie in its own folder" in _received(place.path, root)


def test_what_is_no_record_is_refused_with_its_folder(place, root):
    (place.path / "digits" / FIRST / "Transform" / "id-transform" / "transform_graph" / STEP_FILE).write_text("{")
    assert "id-transform" in _received(place.path, root)


def test_the_root_of_a_local_run_is_not_written_over(place, root):
    root.mkdir()
    (root / "metadata.db").write_text("somebody's")
    assert "Name another one" in _received(place.path, root)
    assert (root / "metadata.db").read_text() == "somebody's"


def test_folders_that_no_backend_names_are_passed_over(place, root):
    (place.path / ".cache" / "x").mkdir(parents=True)
    (place.path / "digits" / "_tmp").mkdir()
    assert import_runs(str(place.path), root) == [FIRST_ID, SECOND_ID]


def test_where_the_compiled_pipeline_is_not_known_the_folders_name_it(tmp_path, root):
    place = ClusterRoot(tmp_path / "place")
    place.step(FIRST, "SchemaGen", FIRST_SECS, outputs={"schema": "Schema"}, run=replace(RUN, pipeline="", upstream={}))
    [run_id] = import_runs(str(place.path), root)
    record = json.loads((run_directory(root, run_id) / "summary.json").read_text())
    assert (record["pipeline"], record["state"], [node["name"] for node in record["nodes"]]) == (
        "digits",
        "done",
        ["SchemaGen"],
    )
