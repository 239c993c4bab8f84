"""The page of a run's evaluation, and the comparison of two, on runs that kept what their models said."""

import re
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from fastapi.testclient import TestClient

from inspection.app.application import create_app
from inspection.report import render_report
from inspection.runs import read_run
from records.evaluation import CANDIDATE
from records.predictions import read_predictions, write_predictions
from tests.inspection.evaluated_runs import TRIALS, write_evaluated_runs
from tests.inspection.root_writer import FIRST, SECOND

CARD = re.compile(r"<li(?: class=\"wrong\")?>\s*<img.*?</li>", re.DOTALL)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_evaluated_runs(tmp_path_factory.mktemp("evaluated") / "root", examples=400).path


@pytest.fixture(scope="module")
def app(root):
    return TestClient(create_app([root]), base_url="http://127.0.0.1")


def test_the_examples_that_the_model_is_most_wrong_about_are_pictures(app):
    page = app.get(f"/evaluation/root/{FIRST}").text
    cards = CARD.findall(page)
    assert 0 < len(cards) <= 24
    assert all("said class" in card and card.startswith('<li class="wrong">') for card in cards)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", page)]
    assert losses == sorted(losses, reverse=True)
    # What a feature holds is no HTML.
    assert "left &lt;b&gt;" in page
    assert "left <b>" not in page


def test_a_slice_leads_to_its_examples(app):
    page = app.get(f"/evaluation/root/{FIRST}").text
    place = r"\?model=Evaluator/candidate&amp;metric=accuracy&amp;where=label%3D3"
    link = re.search(f'<a href="({place})#examples">class 3', page)
    assert link is not None
    page = app.get(f"/evaluation/root/{FIRST}{link.group(1).replace('&amp;', '&')}&order=any").text
    cards = CARD.findall(page)
    assert cards
    assert all("is <b>class 3</b>" in card for card in cards)


def test_all_examples_have_their_charts(app):
    page = app.get(f"/evaluation/root/{FIRST}").text
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Confusion", "Calibration", "ROC", "Precision and recall"]


@pytest.mark.parametrize(("query", "status"), [("where=label%3D77", 404), ("order=x", 400), ("model=x", 404)])
def test_what_is_not_there_is_said(app, query, status):
    assert app.get(f"/evaluation/root/{FIRST}?{query}").status_code == status


def test_the_report_has_the_worst_examples(root):
    page = render_report(read_run(root, FIRST))
    assert len(CARD.findall(page)) == 12
    # TFMA left no such plot.
    assert "confusion, all examples" in page


def test_the_report_has_the_trials_of_a_search(root):
    page = render_report(read_run(root, FIRST))
    table = page[page.index('id="trials-table"') :].partition("</table>")[0]
    assert table.count("<tr>") == 1 + len(TRIALS)
    assert '<th class="number">accuracy</th><th class="number">train.learning_rate</th>' in table


def test_runs_are_compared_by_the_pairs(app, root):
    first, second = (read_predictions(root / "artifacts" / run) for run in (FIRST, SECOND))
    right, other = (each.values_of(CANDIDATE, "accuracy").astype(bool) for each in (first, second))
    won, lost = int((~right & other).sum()), int((right & ~other).sum())
    page = app.get(f"/compare?run=root/{FIRST}&run=root/{SECOND}").text
    assert f"{won} won, {lost} lost" in page
    expected = scipy.stats.binomtest(won, won + lost).pvalue
    assert f"p = {expected:.2g}" in page
    losses = scipy.stats.ttest_rel(
        second.values_of(CANDIDATE, "cross_entropy"), first.values_of(CANDIDATE, "cross_entropy")
    )
    assert f"p = {losses.pvalue:.2g}" in page
    values = first.values_of(CANDIDATE, "cross_entropy")
    spread = 1.96 * values.std() / len(values) ** 0.5
    assert f"({values.mean() - spread:.3f}–{values.mean() + spread:.3f})" in page
    assert "McNemar&#39;s exact test and paired t test, on 400 test examples" in page


def test_runs_without_examples_in_common_are_compared_by_their_shares(tmp_path):
    root = write_evaluated_runs(tmp_path / "root", examples=100).path
    other = read_predictions(root / "artifacts" / SECOND)
    write_predictions(str(root / "artifacts" / SECOND), replace(other, keys=other.keys + np.uint64(1000)))
    page = TestClient(create_app([root]), base_url="http://127.0.0.1").get(
        f"/compare?run=root/{FIRST}&run=root/{SECOND}"
    )
    assert "z test of two shares" in page.text
    assert "won," not in page.text
