import re
from collections.abc import Sequence
from typing import Any

import pytest
from markupsafe import Markup

from inspection.page import Section
from inspection.report import render_report
from inspection.runs import Run, read_run
from inspection.store import Artifact, NodeExecution
from records.run import RunRecord
from tests.inspection.refused_record import RECORD
from tests.inspection.root_writer import SECOND


def _page(record: dict[str, Any], *, state: str = "done", studies: Sequence[Section] = ()) -> str:
    run = Run(run_id="r", state=state, record=RunRecord.from_json(record), executions=[])
    return render_report(run, studies=studies)


GATE_TABLES = ("gates-table", "kept-gates-table")


@pytest.fixture(scope="module")
def page() -> str:
    return _page(RECORD, state="refused")


def test_says_what_became_of_the_run(page):
    assert "A gate refused; nothing was pushed." in page
    assert "0123456789ab" in page
    assert "with changes" in page


def test_a_record_of_an_older_version_tells_neither_reasons_nor_hyperparameters(page):
    assert "reasons-table" not in page
    assert 'id="hyperparameters"' not in page


def test_reasons_and_hyperparameters_are_told():
    nodes = [
        {**node, "reasons": ["train.epochs 3 -> 4"] if node["name"] == "Trainer" else []} for node in RECORD["nodes"]
    ]
    record = {**RECORD, "nodes": nodes, "hyperparameters": {"options.model.dropout": 0.25}}
    page = _page(record)
    table = page[page.index('id="reasons-table"') :].partition("</table>")[0]
    assert "<td>Trainer</td>" in table
    assert "train.epochs 3 -&gt; 4" in table
    assert "DataGate" not in table
    assert "options.model.dropout</span> 0.25." in page


def test_a_config_without_a_search_has_a_page():
    """Defaults are written out, and that of a search is none."""
    assert "Hyperparameter search" not in _page({**RECORD, "config": {"tune": None}})


def test_a_finding_is_shown_with_where_it_is_and_how_probable_by_chance():
    finding = {"gate": "evaluation", "metric": "accuracy", "where": "", "value": 0.5, "limit": ">= 0.4", "passed": True}
    page = _page({**RECORD, "gates": [{**finding, "interval": [0.45, 0.55], "p_value": 0.0312}]})
    assert "0.5 (0.45 to 0.55), p 0.031</td>" in page


def test_every_limit_is_a_row_the_missed_first(page):
    tables = [page[page.index(f'<table id="{name}">') :].partition("</table>")[0] for name in GATE_TABLES]
    rows = [row for table in tables for row in re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)[1:]]
    verdicts = [re.search(r"<span.*?>(.*?)</span>", row).group(1) for row in rows]
    assert verdicts == ["missed", "missed", "not applicable", "kept"]
    # Earlier versions called a finding's metric its figure.
    assert [re.findall(r"<td.*?>(.*?)</td>", row)[2] for row in rows] == [
        "examples", "feature x", "accuracy against the baseline", "anomalies",
    ]  # fmt: skip
    assert "1 of 3 limits kept, 1 not applicable." in page


def test_a_variant_that_was_left_out_is_shown_with_the_limit_that_it_missed():
    finding = {"gate": "compression", "figure": "accuracy", "where": "int4", "value": 0.1, "limit": ">= 0.9"}
    record = {
        **RECORD,
        "variants": [*RECORD["variants"], {**RECORD["variants"][0], "name": "int4", "left_out": True}],
        "gates": [{**finding, "passed": False, "stops": False}],
    }
    page = _page(record)
    assert "0 of 1 limits kept, 1 missed by variants left out." in page
    assert '<tr><td><span class="left">left out</span></td><td>compression</td>' in page
    assert 'int4 <span class="state skipped">left out</span>' in page


def test_every_node_is_drawn_with_its_state(page):
    drawing = re.search(r'<svg id="dag-drawing".*?</svg>', page, flags=re.DOTALL).group(0)
    assert re.findall(r'<rect class="(\w+)"', drawing) == ["cached", "refused", "pending"]


def test_what_came_from_outside_is_escaped(page):
    for text in ("<script>alert(", "<b>bold</b>"):
        assert text not in page
    assert "&lt;script&gt;alert(" in page


def test_nothing_is_loaded_from_elsewhere(page):
    without_plotly = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="https?://', without_plotly)


def test_a_variant_without_a_delegate_is_told(page):
    assert "Not delegated: <b>int8</b>. XNNPACK does not take this file" in page


def test_what_zeros_save_and_what_not_is_told(page):
    assert "Zero weights save bytes, not time." in page
    assert "TFLite's sparse format saves the bytes in the file itself, and gives no speed-up either" in page


def test_a_run_without_a_record_has_a_page(root):
    page = render_report(read_run(root, SECOND))
    assert "The run ended before it could write its record" in page
    assert "ExampleGen/examples/1" in page


def test_a_run_whose_artifacts_are_gone_has_a_page_of_its_record():
    def execution(node: str) -> NodeExecution:
        gone = Artifact(id=1, type="t", uri=f"/gone/{node}", created_secs=0, properties={}, is_deleted=True)
        channels = dict.fromkeys(("model_run", "evaluation", "variants", "statistics", "anomalies", "output"), (gone,))
        times = {"started_secs": 0, "finished_secs": 1}
        return NodeExecution(id=1, node=node, state="done", inputs={}, outputs=channels, properties={}, **times)

    nodes = ("StatisticsGen", "ExampleValidator", "Trainer", "Evaluator", "Compressor", "EdgeEvaluator")
    executions = [execution(node) for node in nodes]
    run = Run(run_id="r", state="refused", record=RunRecord.from_json(RECORD), executions=executions)
    page = render_report(run)
    assert "A gate refused; nothing was pushed." in page
    assert "/gone/Trainer" in page


def test_a_label_that_the_run_moved_is_told():
    push = {"version": 1, "stage": "production", "destination": "x", "in_this_run": False, "moved_from": "candidate"}
    moved = _page({**RECORD, "pushes": [push]})
    assert "Version 1, pushed by an earlier run, was moved from candidate to production." in moved


def test_studies_are_sections_in_the_order_given():
    sections = [
        Section(name=name, title=f"{name} & co", content=Markup(f"<p>of {name}</p>"))
        for name in ("backtest", "episodes")
    ]
    page = _page(RECORD, studies=sections)
    body = page.partition("</script>")[2]
    assert '<h2 id="backtest">backtest &amp; co</h2>\n<p>of backtest</p>\n<h2 id="episodes">' in body
