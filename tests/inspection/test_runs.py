import pytest

from inspection.lineage import find_pushed_model, lineage
from inspection.locate import RunNotFoundError, find_root, find_run, run_ids
from inspection.runs import read_run
from inspection.store import RunStore
from tests.inspection.conftest import FIRST, SECOND


def test_runs_come_oldest_first_recorded_or_not(root):
    assert run_ids(root) == [FIRST, SECOND]


@pytest.mark.parametrize(("asked", "meant"), [("latest", SECOND), (FIRST, FIRST), ("20260101", FIRST)])
def test_a_run_is_found_by_what_names_it(root, asked, meant):
    assert find_run(root, asked) == meant


@pytest.mark.parametrize(("asked", "message"), [("2026", "which could be"), ("1999", r"Received: '1999'")])
def test_a_run_must_be_one(root, asked, message):
    with pytest.raises(RunNotFoundError, match=message) as error:
        find_run(root, asked)
    assert error.value.exit_code == 2


def test_a_directory_without_a_store_is_no_root(tmp_path):
    with pytest.raises(RunNotFoundError, match=r"holds no metadata\.db"):
        find_root(tmp_path)


def test_the_only_root_is_found(root, tmp_path, monkeypatch):
    (tmp_path / "work" / "output").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(RunNotFoundError, match="none below"):
        find_root(None)
    for name in ("one", "two"):
        (tmp_path / "work" / "output" / name).mkdir()
        (tmp_path / "work" / "output" / name / "metadata.db").touch()
        if name == "one":
            assert find_root(None).name == "one"
    with pytest.raises(RunNotFoundError, match=r"Received: output/one, output/two"):
        find_root(None)


def test_a_killed_run_is_read_from_ml_metadata(root):
    run = read_run(root, SECOND)
    assert (run.state, run.record) == ("interrupted", {})
    assert [(execution.node, execution.state) for execution in run.executions] == [
        ("ExampleGen", "cached"),
        ("Trainer", "running"),
    ]


def test_a_run_goes_on_while_a_process_holds_the_root(root):
    (root / ".lock.pid").write_text("1")
    assert read_run(root, SECOND).state == "running"


def test_an_artifact_is_traced_to_what_wrote_it_not_to_the_cache(root):
    store = RunStore(root)
    cached = store.run(SECOND)[0]
    [examples] = cached.outputs["examples"]
    assert store.producer(examples.id).state == "done"


@pytest.mark.parametrize("version", ["digits/1", "1", "latest"])
def test_lineage_leads_back_to_the_data(root, version):
    store = RunStore(root)
    step = lineage(store, find_pushed_model(store, version))
    chain = []
    while True:
        chain.append(step.execution.node)
        if not step.sources:
            break
        [step] = step.sources
    assert chain == ["Pusher", "Trainer", "ExampleGen"]


@pytest.mark.parametrize("version", ["2", "other/1", "one"])
def test_an_unknown_version_is_named(root, version):
    with pytest.raises(RunNotFoundError, match=rf"digits/1\. Received: '{version}'"):
        find_pushed_model(RunStore(root), version)


def test_nothing_pushed_is_said(writer):
    with pytest.raises(RunNotFoundError, match="none yet"):
        find_pushed_model(RunStore(writer.path), "latest")
