"""The pages, on roots made by hand."""

import json
import os
import re

import pytest
from fastapi.testclient import TestClient
from markupsafe import Markup
from ml_metadata.proto import metadata_store_pb2 as mlmd

from inspection.app.application import create_app
from inspection.app.live import snapshot
from inspection.app.roots import Root, named_roots
from inspection.page import Section
from tests.inspection.root_writer import FIRST, SECOND

LAST, BEFORE = "20260107-010000-000", "20260106-200000-000"


def _cells(page: str, row: str) -> list[str]:
    [found] = [each for each in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL) if row in each]
    return [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", found, flags=re.DOTALL)]


def test_all_runs_of_all_roots_are_rows_the_newest_first(app):
    page = app.get("/").text
    ids = re.findall(r'<a class="mono" href="/runs/(\w+)/([\d-]+)">', page)
    assert len(ids) == 32
    assert ids[0] == ("many", LAST)
    assert ("root", FIRST) in ids
    cells = _cells(page, f'href="/runs/root/{FIRST}"')
    assert cells == ["", FIRST, "root", "digits", "done", "5.0", "0.8750", "", "digits/1"]


def test_a_run_has_what_its_report_has_and_its_log(app, many):
    page = app.get(f"/runs/many/{LAST}").text
    # Twenty-nine are after the first, and every tenth was refused.
    assert "A gate refused; nothing was pushed." in page
    assert page.count('class="missed"') == 11
    assert "block_11/conv" in page
    assert page.count(f"log of {LAST}") == 50
    assert app.get(f"/runs/many/{LAST}/log").text == (many / "runs" / LAST / "run.log").read_text()


def test_artifacts_have_their_properties(app):
    page = app.get(f"/runs/root/{FIRST}").text
    assert '<dt>split_names</dt><dd class="mono">[&#34;train&#34;, &#34;test&#34;]</dd>' in page


def test_a_run_without_a_record_has_its_pages(app):
    assert "The run ended before it could write its record" in app.get(f"/runs/root/{SECOND}").text
    assert "The run came to no evaluation." in app.get(f"/evaluation/root/{SECOND}").text
    assert "The run came to no StatisticsGen." in app.get(f"/data/root/{SECOND}").text


@pytest.mark.parametrize(
    "path", ["/runs/root/x", "/runs/x/y", f"/live/root/{FIRST}x", "/compare?run=root/x&run=root/y"]
)
def test_what_is_not_there_is_said(app, path):
    answer = app.get(path)
    assert answer.status_code == 404
    assert "To the runs" in answer.text


def test_two_runs_are_compared_by_config_and_metrics(app):
    page = app.get(f"/compare?run=many/{BEFORE}&run=many/{LAST}").text
    assert _cells(page, "train.epochs") == ["train.epochs", "28", "29"]
    accuracy = _cells(page, "<td>accuracy</td>")
    assert "worse" in accuracy[2]
    assert "p = " in accuracy[2]


def test_a_comparison_needs_two_records(app):
    assert "Choose two runs" in app.get(f"/compare?run=many/{LAST}").text
    assert app.get(f"/compare?run=many/{LAST}&run=root/{SECOND}").status_code == 409
    query = "&".join(f"run=many/{number}" for number in range(13))
    assert app.get(f"/compare?{query}").status_code == 400


def test_trends_mark_the_runs_that_a_gate_refused(app):
    page = app.get("/trends?of=many/digits").text
    rows = re.findall(r"<td>test accuracy</td>", page)
    assert len(rows) == 3
    assert f"/compare?run=many/{BEFORE}&amp;run=many/{LAST}" in page
    assert app.get("/trends?of=many/x").status_code == 404


def test_lineage_is_walked_from_the_push_to_the_data(app):
    page = app.get("/lineage/root/model/digits/1").text
    assert "PushedModel 6" in page
    assert 'href="/lineage/root/4">Model 4</a>' in page
    names = re.findall(r'class="name">(\w+)<', page)
    assert names == ["ExampleGen", "Transform", "Trainer", "Evaluator", "Pusher"]
    assert re.findall(r">([\d-]+) ✓<", page) == ["20260101-000000"]
    assert app.get("/lineage/root/model/digits/7").status_code == 404


def test_lineage_says_which_runs_share_an_artifact_and_who_read_it(app):
    page = app.get("/lineage/root/1").text
    assert "1 other run took it from the cache" in page
    assert f'href="/runs/root/{SECOND}"' in page
    assert "f" * 64 in page
    assert "Transform of" in page


def test_a_blessing_says_what_the_gate_said(app):
    assert ">blessed</span>" in app.get("/lineage/root/5").text
    assert ">blessed</span>" not in app.get("/lineage/root/4").text


def test_a_run_leads_to_what_it_pushed(app):
    assert "PushedModel 6" in app.get(f"/lineage/root/run/{FIRST}").text


def test_roots_of_one_folder_name_are_told_apart(tmp_path):
    paths = [tmp_path / "a" / "digits", tmp_path / "b" / "digits", tmp_path / "a" / "digits"]
    assert list(named_roots(paths)) == ["digits", "digits-2"]


def test_a_record_is_read_anew_only_where_it_changed(many):
    root = Root("many", many)
    first, again = root.outlines()[0], root.outlines()[0]
    assert first is again
    path = many / "runs" / first.run_id / "summary.json"
    path.write_text(path.read_text() + " ")
    assert root.outlines()[0] is not first


def test_a_run_that_goes_on_is_followed(writer):
    run_id = "20260103-000000-000"
    writer.execution(run_id, "Trainer", mlmd.Execution.RUNNING, {}, {})
    (writer.path / ".lock.pid").write_text(str(os.getpid()))
    folder = writer.path / "workspaces" / "0123"
    folder.mkdir(parents=True)
    row = {"epoch": 1, "train": {"loss": 2.0}, "evaluation": {"loss": 3.0}}
    (folder / "history.jsonl").write_text(json.dumps(row) + "\n")
    (writer.path / "runs" / run_id).mkdir(parents=True)
    (writer.path / "runs" / run_id / "run.log").write_text("epoch 1\n")
    now = snapshot(Root("root", writer.path), run_id)
    assert now == {
        "state": "running",
        "nodes": [{"name": "Trainer", "state": "running", "secs": None}],
        "history": [row],
        "log": "epoch 1\n",
    }
    client = TestClient(create_app([writer.path]), base_url="http://127.0.0.1")
    name = writer.path.name
    assert f'data-live="{name}/{run_id}"' in client.get(f"/runs/{name}/{run_id}").text
    assert f'data-follow="{name}/{run_id}"' in client.get("/").text


def test_the_events_of_a_run_that_is_over_end(app):
    answer = app.get(f"/live/root/{FIRST}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    [event] = answer.text.strip().split("\n\n")
    assert json.loads(event.removeprefix("data: "))["state"] == "done"


def test_sections_of_other_rooms_are_on_the_page_of_a_run(root):
    section = Section(name="backtest", title="Backtest", content=Markup("<p>forecasts</p>"))
    client = TestClient(create_app([root], sections=lambda path: [section]), base_url="http://localhost")
    assert '<h2 id="backtest">Backtest</h2>\n<p>forecasts</p>' in client.get(f"/runs/root/{FIRST}").text
