"""The page at /docs of `slipway serve` in a real browser."""

import pytest
from playwright.sync_api import expect

from serving.registry import Registry
from serving.server.options import ServerOptions
from tests.serving.server.halves import push, running, save_half_plus

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    registry = Registry(folder / "registry")
    push(registry, save_half_plus(folder / "three", 3), "three")
    with running(ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0)) as server:
        yield f"http://127.0.0.1:{server.ports.rest}"


def test_the_page_shows_the_operations_and_asks_this_server_alone(browser, address):
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda made: asked.append(made.url))
    page.goto(f"{address}/docs")
    operation = _operation(page, "/v1/models/{model}:predict")
    expect(operation).to_be_visible(timeout=60_000)
    operation.click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    assert f"{address}/openapi.json" in asked
    assert [url for url in asked if not url.startswith((f"{address}/", "data:"))] == []
    assert said == []


def test_a_request_of_the_page_is_answered(browser, address):
    """The page's own policy lets it ask its server."""
    page = browser.new_page()
    page.goto(f"{address}/docs")
    operation = _operation(page, "/v1/models/{model}")
    operation.click()
    page.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("model").fill("half")
    page.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table")).to_contain_text("AVAILABLE", timeout=30_000)


def _operation(page, path: str):
    return page.locator(f'.opblock:has([data-path="{path}"])')
