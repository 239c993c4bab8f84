import pytest

from inspection.locate import RunNotFoundError, find_root, find_run, run_ids
from tests.inspection.root_writer import FIRST, SECOND, RootWriter


def test_runs_come_oldest_first_recorded_or_not(root):
    assert run_ids(root) == [FIRST, SECOND]


def test_a_run_that_only_left_a_record_counts(writer):
    writer.record("20260103-000000-000", state="failed")
    assert run_ids(writer.path) == ["20260103-000000-000"]


@pytest.mark.parametrize(("asked", "meant"), [("latest", SECOND), (FIRST, FIRST), ("20260101", FIRST)])
def test_a_run_is_found_by_what_names_it(root, asked, meant):
    assert find_run(root, asked) == meant


def _recorded(writer: RootWriter, run: str, state: str, *nodes: str, **part: str) -> None:
    writer.record(run, state=state, nodes=[{"name": str(n), "state": node} for n, node in enumerate(nodes)], **part)


@pytest.mark.parametrize(
    "later",
    [
        {"state": "done", "nodes": ["done", "skipped"], "to_node": "0"},
        {"state": "refused", "nodes": ["refused", "skipped"], "to_node": "0"},
        {"state": "failed", "nodes": ["skipped", "failed"], "from_node": "1"},
        {"state": "done", "nodes": ["done", "pending"]},
        {"state": "failed", "nodes": ["skipped", "skipped"]},
        {"state": "done", "nodes": ["pending", "pending"]},
    ],
    ids=["a part", "a part refused", "a part failed", "a part before parts were told", "nothing", "nothing, then"],
)
def test_latest_is_the_last_whole_run(writer, later):
    _recorded(writer, "1", "refused", "done", "refused")
    _recorded(writer, "2", later.pop("state"), *later.pop("nodes"), **later)
    assert find_run(writer.path, "latest") == "1"


@pytest.mark.parametrize("state", ["refused", "failed", "interrupted"])
def test_latest_is_a_whole_run_whatever_became_of_it(writer, state):
    _recorded(writer, "1", "done", "done", "done")
    _recorded(writer, "2", state, state, "skipped")
    assert find_run(writer.path, "latest") == "2"


def test_without_a_whole_run_latest_is_the_last(writer):
    for run in ("1", "2"):
        _recorded(writer, run, "done", "done", "skipped", to_node="0")
    assert find_run(writer.path, "latest") == "2"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("202601", rf"Received: '202601', which could be {SECOND}, {FIRST}\. Type more of it"),
        ("1999", rf"Received: '1999', but .* has {SECOND}, {FIRST}\. `slipway inspect --root"),
    ],
)
def test_a_run_must_be_one(root, asked, message):
    with pytest.raises(RunNotFoundError, match=message) as error:
        find_run(root, asked)
    assert error.value.exit_code == 2


def test_a_message_names_five_of_many_runs(writer):
    for day in range(1, 8):
        writer.record(f"2026010{day}")
    with pytest.raises(RunNotFoundError, match=r"20260107, 20260106, 20260105, 20260104, 20260103 and 2 older"):
        find_run(writer.path, "2026")


def test_latest_of_no_runs_is_said(writer):
    with pytest.raises(RunNotFoundError, match=r"Received: 'latest', but .* has no run\. `slipway run` makes one"):
        find_run(writer.path, "latest")


def test_a_directory_without_a_store_is_no_root(tmp_path):
    with pytest.raises(RunNotFoundError, match=r"holds no metadata\.db") as error:
        find_root(tmp_path)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("content", [b"", b"not a database at all"])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path, content):
    store = tmp_path / "metadata.db"
    store.write_bytes(content)
    with pytest.raises(RunNotFoundError, match="no SQLite file"):
        find_root(tmp_path)
    assert store.read_bytes() == content


def test_without_a_name_no_root_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunNotFoundError, match=rf"none below {tmp_path}\. Name it with --root, or make one"):
        find_root(None)


@pytest.mark.parametrize("place", ["output/one", "project/output/one"])
def test_without_a_name_the_only_root_is_meant(tmp_path, monkeypatch, place):
    RootWriter(tmp_path / place)
    monkeypatch.chdir(tmp_path)
    assert find_root(None).resolve() == tmp_path / place


def test_without_a_name_two_roots_are_one_too_many(tmp_path, monkeypatch):
    for place in ("output/two", "project/output/one"):
        RootWriter(tmp_path / place)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunNotFoundError, match=r"Received: output/two, project/output/one\. Name one with --root"):
        find_root(None)


def test_what_lies_deeper_is_not_looked_for(tmp_path, monkeypatch):
    RootWriter(tmp_path / "projects" / "one" / "output" / "one")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunNotFoundError, match="none below"):
        find_root(None)
