"""`slipway ui` in a real browser: on the root of a real run, on one of five hundred and on one of evaluations.

Axe-core is an npm package, which SLIPWAY_AXE names: the path of its axe.min.js.
"""

import json
import os
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from ml_metadata.proto import metadata_store_pb2 as mlmd
from playwright.sync_api import expect

from inspection.app.application import create_app
from inspection.locate import run_ids
from tests.browser.drawing import draw_charts
from tests.inspection.evaluated_runs import write_evaluated_runs
from tests.inspection.many_runs import write_many_runs
from tests.inspection.root_writer import FIRST, SECOND, RootWriter

pytestmark = pytest.mark.browser
# Also where a machine has much else to do.
expect.set_options(timeout=60_000)

ARCHIVE = Path(__file__).parents[1] / "roots" / "tfx-1.16.tar.xz"
AXE = os.environ.get("SLIPWAY_AXE", "node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LAST, BEFORE = "20260414-230000-000", "20260414-180000-000"


@pytest.fixture(scope="module")
def roots(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("roots")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder / "real", filter="data")
    evaluated = write_evaluated_runs(folder / "evaluated", examples=400)
    return [folder / "real", write_many_runs(folder / "many", 500).path, evaluated.path]


@contextmanager
def serving(roots: list[Path]) -> Iterator[str]:
    """Where the app answers, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(roots, allow_actions=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def address(roots) -> Iterator[str]:
    """Where the app answers on both roots."""
    with serving(roots) as found:
        yield found


@pytest.fixture(scope="module")
def paths(roots) -> list[str]:
    """Every page."""
    [real] = run_ids(roots[0])
    return [
        "/",
        f"/runs/real/{real}",
        f"/evaluation/real/{real}",
        f"/runs/evaluated/{FIRST}",
        f"/evaluation/evaluated/{FIRST}?where=label%3D3&order=any",
        f"/compare?run=evaluated/{FIRST}&run=evaluated/{SECOND}",
        f"/data/real/{real}",
        f"/lineage/real/run/{real}",
        "/lineage/real/1",
        f"/runs/many/{LAST}",
        "/compare",
        f"/compare?run=many/{BEFORE}&run=many/{LAST}&run=real/{real}",
        "/models",
        "/models/real/0/digits",
        "/trends",
        "/trends?of=real/digits",
        "/nothing",
    ]


@pytest.fixture(
    params=[(1200, "light"), (1200, "dark"), (400, "light"), (400, "dark")], ids=lambda each: f"{each[0]}-{each[1]}"
)
def page(request, browser, address):
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=address)
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: page.said.append(f"{page.url}: {error}"))
    page.on("request", lambda made: page.said.append(made.url) if not _is_here(made.url, address) else None)
    yield page
    context.close()


def _is_here(url: str, address: str) -> bool:
    return url.startswith((f"{address}/", "data:", "blob:"))


def test_every_page_is_drawn_without_a_word_fits_the_screen_and_passes_axe(page, paths):
    broken = {}
    for path in paths:
        page.goto(path)
        draw_charts(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        broken |= _broken_rules(page, path)
    # The page that is not there is one, and the browser says so.
    assert [said for said in page.said if "status of 404" not in said] == []
    assert broken == {}
    if not Path(AXE).is_file():
        pytest.skip("all but axe-core: `npm install axe-core`, or name its axe.min.js in SLIPWAY_AXE")


def _broken_rules(page, path: str) -> dict[str, list[str]]:
    """{page and rule: the elements that break it}; none without axe-core."""
    if not Path(AXE).is_file():
        return {}
    page.evaluate(Path(AXE).read_text())
    result = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return {f"{path} {rule['id']}": [node["html"][:200] for node in rule["nodes"][:3]] for rule in result["violations"]}


@pytest.mark.parametrize("width", [360, 721, 1000])
def test_the_runs_fit_any_screen(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, base_url=address)
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_runs_are_searched_sorted_and_chosen_by_keys(page):
    page.goto("/")
    rows = page.locator("#runs-table tbody tr:visible")
    assert rows.count() == 503
    page.keyboard.press("/")
    page.keyboard.type("refused 20260414")
    assert rows.count() == 1
    assert "1 of 503 runs" in page.locator("#count").inner_text()
    page.locator("#search").fill("")
    page.keyboard.press("Escape")
    for key in "jxjxc":
        page.keyboard.press(key)
    page.wait_for_url("**/compare?*")
    assert "2 runs compared" in page.locator("h1").inner_text()


def test_a_column_is_sorted_both_ways(page):
    page.goto("/")
    values = "cells => cells.map(cell => cell.textContent).filter(text => text).map(Number)"
    cells = page.locator('#runs-table td[data-label="accuracy"]')
    page.evaluate("document.querySelectorAll('button.sort').forEach(b => b.textContent === 'accuracy' && b.click())")
    rising = cells.evaluate_all(values)
    assert rising == sorted(rising)
    page.evaluate("document.querySelectorAll('button.sort').forEach(b => b.textContent === 'accuracy' && b.click())")
    assert cells.evaluate_all(values) == sorted(rising, reverse=True)


def test_a_node_of_the_graph_leads_on(page):
    page.goto("/lineage/real/1")
    before = page.url
    page.locator("svg.walk a").last.click()
    page.wait_for_url(lambda url: url != before)
    assert page.locator("h1").inner_text()


def test_a_chart_has_its_table(page):
    page.goto("/trends?of=many/digits")
    table = page.locator("details.numbers").first
    table.locator("summary").click()
    assert table.locator("tbody tr").count() == 500


def test_a_run_that_goes_on_is_seen_to_go_on_and_to_end(browser, tmp_path):
    writer, run_id = RootWriter(tmp_path / "root"), "20260103-000000-000"
    writer.execution(run_id, "Trainer", mlmd.Execution.RUNNING, {}, {})
    (writer.path / ".lock.pid").write_text(str(os.getpid()))
    (writer.path / "workspaces" / "0123").mkdir(parents=True)
    (writer.path / "runs" / run_id).mkdir(parents=True)
    history = writer.path / "workspaces" / "0123" / "history.jsonl"
    rows = [{"epoch": n, "train": {"loss": 1 / n}, "evaluation": {"loss": 2 / n}} for n in (1, 2)]
    history.write_text(json.dumps(rows[0]) + "\n")
    with serving([writer.path]) as address:
        page = browser.new_page(base_url=address)
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto("/")
        expect(page.locator("[data-follow]")).to_have_text("Trainer, epoch 1")
        page.goto(f"/runs/root/{run_id}")
        expect(page.locator("#live-last")).to_have_text("Epoch 1: train loss 1.0000, eval loss 2.0000.")
        history.write_text("".join(json.dumps(row) + "\n" for row in rows))
        (writer.path / "runs" / run_id / "run.log").write_text("epoch 2\n")
        expect(page.locator("#live-last")).to_have_text("Epoch 2: train loss 0.5000, eval loss 1.0000.")
        expect(page.locator("pre.log")).to_have_text("epoch 2\n")
        writer.record(run_id, nodes=[{"name": "Trainer", "state": "done"}])
        expect(page.locator("h1 .state")).to_have_text("done")
        page.close()
    assert said == []
