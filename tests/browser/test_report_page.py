"""The report in a real browser, with the network cut off."""

import pytest

from inspection.report import render_report
from inspection.runs import Run
from records.run import RunRecord
from tests.browser.drawing import draw_charts
from tests.inspection.refused_record import RECORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(Run(run_id="r", state="refused", record=RunRecord.from_json(RECORD), executions=[])))
    return path


@pytest.fixture(scope="module", params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, path):
    context = browser.new_context(viewport={"width": request.param, "height": 900}, offline=True)
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda made: page.said.append(made.url) if not made.url.startswith(("file:", "data:")) else None)
    page.goto(path.as_uri())
    draw_charts(page)
    yield page
    context.close()


def test_draws_its_charts_without_a_word_or_a_request(page):
    assert page.said == []
    assert page.locator("svg.main-svg").count() >= 1
    assert page.locator("#dag-drawing rect").count() == 3


def test_shows_every_limit(page):
    assert page.locator("#gates-table tr.missed").count() == 2
    kept = page.locator("#kept-gates-table tr")
    assert page.locator("#gates-table tr").count() + kept.count() == 2 + len(RECORD["gates"])
    assert not kept.first.is_visible()


def test_is_never_wider_than_the_screen(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_opens_the_config(page):
    details = page.locator("details", has_text="config, with its defaults")
    assert not details.locator("pre").is_visible()
    details.locator("summary").click()
    assert "alert('config')" in details.locator("pre").inner_text()
