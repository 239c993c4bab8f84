import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from inspection.lineage import Step, find_pushed_model, find_registered, lineage, model_name, origin_of
from inspection.locate import RunNotFoundError
from inspection.store import RunStore
from serving.registry import Registry
from tests.inspection.root_writer import FIRST

DONE = mlmd.Execution.COMPLETE


def tree(step: Step) -> dict:
    return {step.execution.node: [tree(source) for source in step.sources]}


def find(step: Step, node: str) -> Step:
    [found] = [step] if step.execution.node == node else [find(s, node) for s in step.sources if node in str(tree(s))]
    return found


@pytest.fixture
def pusher(root) -> Step:
    store = RunStore(root)
    return lineage(store, find_pushed_model(store, "digits/1"))


def push(writer, version: int, model: int, name: str = "digits") -> int:
    pushed = writer.pushed(version, f"Pusher/{model}", name)
    writer.execution("r", "Pusher", DONE, {"model": model}, {"pushed_model": pushed})
    return pushed


def test_leads_from_the_push_to_the_data_each_step_once(pusher):
    transform = {"Transform": [{"DataGate": [{"ExampleGen": []}]}]}
    assert tree(pusher) == {"Pusher": [{"Evaluator": []}, {"Trainer": [transform]}]}


def test_what_stands_elsewhere_is_referred_to(pusher):
    took = {node: [a.id for a in find(pusher, node).elsewhere] for node in ("Evaluator", "Trainer", "Transform")}
    assert took == {"Evaluator": [1, 4], "Trainer": [1], "Transform": [1]}
    assert find(pusher, "DataGate").elsewhere == []


def test_a_step_tells_execution_run_and_outputs(pusher):
    trainer = find(pusher, "Trainer")
    assert (trainer.execution.id, trainer.execution.run_id, trainer.execution.state) == (4, FIRST, "done")
    assert {id_: channel for id_, (channel, _) in trainer.outputs.items()} == {4: "model"}


def test_only_gates_have_a_verdict(pusher):
    verdicts = {node: find(pusher, node).blessed for node in ("Evaluator", "DataGate", "Trainer")}
    assert verdicts == {"Evaluator": True, "DataGate": True, "Trainer": None}


def test_the_origin_is_the_data_the_code_and_the_seed(pusher):
    assert origin_of(find(pusher, "ExampleGen").execution) == {"fingerprint": "f" * 64, "code": "c0de"}
    assert origin_of(find(pusher, "Trainer").execution) == {"code": "7ea1", "seed": 0}
    assert origin_of(find(pusher, "Evaluator").execution) == {}


def test_artifacts_from_the_cache_lead_to_the_run_that_wrote_them(writer):
    model = writer.artifact("Model", "Trainer/model/1")
    writer.execution("trained", "Trainer", DONE, {}, {"model": model})
    writer.execution("pushed", "Trainer", mlmd.Execution.CACHED, {}, {"model": model})
    pushed = writer.pushed(1, "Pusher/1")
    writer.execution("pushed", "Pusher", DONE, {"model": model}, {"pushed_model": pushed})
    store = RunStore(writer.path)
    step = lineage(store, find_pushed_model(store, "1"))
    assert (step.execution.run_id, step.sources[0].execution.run_id) == ("pushed", "trained")


@pytest.mark.parametrize("version", ["digits/1", "1", "latest"])
def test_a_version_is_found_by_what_names_it(root, version):
    assert model_name(find_pushed_model(RunStore(root), version)) == "digits/1"


def test_latest_is_what_was_pushed_last(writer):
    model = writer.artifact("Model", "Trainer/model/1")
    for version in (9, 10):
        push(writer, version, model)
    assert model_name(find_pushed_model(RunStore(writer.path), "latest")) == "digits/10"


@pytest.mark.parametrize("version", ["2", "other/1", "one"])
def test_an_unknown_version_is_named(root, version):
    with pytest.raises(RunNotFoundError, match=rf"digits/1\. Received: '{version}'\. ") as error:
        find_pushed_model(RunStore(root), version)
    assert error.value.exit_code == 2


def test_a_number_that_two_models_have_is_ambiguous(writer):
    model = writer.artifact("Model", "Trainer/model/1")
    push(writer, 1, model)
    push(writer, 1, model, name="faces")
    store = RunStore(writer.path)
    with pytest.raises(RunNotFoundError, match=r"Received: '1', which could be digits/1 or faces/1\."):
        find_pushed_model(store, "1")
    assert model_name(find_pushed_model(store, "faces/1")) == "faces/1"


def test_nothing_pushed_is_said(writer):
    with pytest.raises(RunNotFoundError, match="none yet"):
        find_pushed_model(RunStore(writer.path), "latest")


def test_of_several_that_name_a_version_the_first_wrote_it(writer):
    model = writer.artifact("Model", "Trainer/model/1")
    first = push(writer, 1, model)
    push(writer, 1, model)
    assert find_pushed_model(RunStore(writer.path), "1").id == first


def test_of_several_that_name_a_version_the_registry_says_which_model_it_is(writer):
    before, now = (writer.artifact("Model", f"Trainer/model/{number}") for number in (1, 2))
    push(writer, 1, before)
    second = push(writer, 1, now)
    saved_model = writer.path / "saved_model"
    saved_model.mkdir()
    (saved_model / "saved_model.pb").write_bytes(b"x")
    registry = Registry(writer.path / "registry")
    registry.push("digits", push_key="k", saved_model=saved_model, lineage={"model_artifact": now}, stage="canary")
    pushed = find_pushed_model(RunStore(writer.path), "1")
    assert pushed.id == second
    assert find_registered(pushed).stage == "canary"


def test_a_version_that_the_registry_no_longer_has_has_no_stage(root):
    assert find_registered(find_pushed_model(RunStore(root), "1")) is None
