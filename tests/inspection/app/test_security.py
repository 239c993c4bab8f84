"""What another site, a hostile name or a made-up path can do: nothing."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from inspection.app.application import create_app
from serving.registry import Registry
from tests.inspection.refused_record import RECORD
from tests.inspection.root_writer import FIRST, RootWriter

EVIL = "<img src=x onerror=alert(1)>\"'"
HOST = "http://127.0.0.1"


@pytest.fixture
def writer(tmp_path) -> RootWriter:
    """A root whose names are scripts, with a registry of one model."""
    writer = RootWriter(tmp_path / "root")
    artifact = writer.artifact(f"Evil{EVIL}", f"Node/{EVIL}", name=EVIL, pushed=1, pushed_destination=f"/x/{EVIL}/1")
    writer.execution(FIRST, "Evil<b>", 3, {}, {f"channel{EVIL}": artifact}, code=EVIL)
    nodes = [{"name": "Evil<b>", "state": "done", "secs": 1.0, "reasons": [EVIL]}]
    record = {
        **RECORD,
        "pipeline": EVIL,
        "labels": [EVIL],
        "error": EVIL,
        "config": {EVIL: EVIL},
        "versions": {EVIL: EVIL},
    }
    del record["run_id"], record["nodes"]
    writer.record(FIRST, nodes=nodes, **record)
    (writer.path / "runs" / FIRST / "run.log").write_text(EVIL)
    source = tmp_path / "saved_model"
    source.mkdir()
    (source / "saved_model.pb").write_bytes(b"x")
    bundle = tmp_path / "int8.tflite"
    bundle.write_bytes(b"tflite")
    clock = iter(datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 20))
    registry = Registry(writer.path / "registry", now=lambda: next(clock))
    for number in (1, 2):
        registry.push(
            "digits", push_key=str(number), saved_model=source, bundle={"int8.tflite": bundle}, stage="production"
        )
    (writer.path / "secret.txt").write_text("secret")
    (writer.path / "registry/digits/1/tflite/link").symlink_to(writer.path / "secret.txt")
    return writer


def client(writer: RootWriter, *, allow_actions: bool = False) -> TestClient:
    app = create_app([writer.path], allow_actions=allow_actions)
    return TestClient(app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)


PAGES = [
    "/", f"/runs/root/{FIRST}", "/compare", "/models", "/models/root/0/digits", "/lineage/root/1", "/trends",
    f"/evaluation/root/{FIRST}", f"/data/root/{FIRST}", "/nothing",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_no_name_becomes_a_tag_and_no_page_allows_a_script_in_it(writer, path):
    answer = client(writer).get(path)
    assert answer.status_code == (404 if path == "/nothing" else 200)
    assert "<img" not in answer.text
    assert "<b>alert" not in answer.text
    scripts = [part.partition(">")[0] for part in answer.text.split("<script")[1:]]
    assert all(' src="/static/' in tag or 'type="application/json"' in tag for tag in scripts)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "access-control-allow-origin" not in answer.headers


def test_a_log_is_plain_text_that_no_browser_takes_for_a_page(writer):
    answer = client(writer).get(f"/runs/root/{FIRST}/log")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"])
def test_another_name_for_this_machine_is_refused(writer, host):
    assert client(writer).get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/runs/root/..%2F..%2Fsecret.txt/log",
        "/runs/..%2Froot/x",
        "/runs/root/%2e%2e/log",
        "/static/..%2Fapp.html",
        "/static/%2e%2e%2f%2e%2e%2ftemplates%2fapp.html",
        "/models/root/0/..%2F..%2Froot",
        "/models/root/0/digits/1/..%2F..%2F..%2F..%2Fsecret.txt",
        "/models/root/0/digits/1/%2Fetc%2Fpasswd",
        "/models/root/0/digits/1/link",
        "/models/root/0/digits/1/..%2Fslipway.json",
        "/models/root/7/digits",
        "/models/root/-1/digits",
        "/lineage/root/999999",
        "/lineage/root/..%2F1",
    ],
)
def test_only_what_lies_in_a_root_is_served(writer, path):
    answer = client(writer).get(path)
    assert answer.status_code in (404, 422)
    assert "secret" not in answer.text.replace("secret.txt", "")


def test_a_file_of_a_bundle_is_served(writer):
    answer = client(writer).get("/models/root/0/digits/1/int8.tflite")
    assert (answer.status_code, answer.content) == (200, b"tflite")
    assert "attachment" in answer.headers["content-disposition"]


def _token(page: str) -> str:
    return page.partition('name="token" value="')[2].partition('"')[0]


def _stages(writer: RootWriter) -> list[str]:
    return [version.stage for version in Registry(writer.path / "registry").versions("digits")]


def test_nothing_is_moved_unless_actions_are_allowed(writer):
    browser = client(writer)
    page = browser.get("/models/root/0/digits").text
    assert "<form" not in page
    fields = {"action": "rollback", "confirmed": "yes", "token": browser.app.state.site.token}
    assert browser.post("/models/root/0/digits/move", data=fields).status_code == 403
    assert _stages(writer) == ["archived", "production"]


@pytest.mark.parametrize(
    ("headers", "token"),
    [({}, ""), ({}, "made up"), ({"origin": "http://evil.example"}, None), ({"origin": "null"}, None)],
)
def test_another_sites_form_moves_nothing(writer, headers, token):
    browser = client(writer, allow_actions=True)
    token = _token(browser.get("/models/root/0/digits").text) if token is None else token
    fields = {"action": "rollback", "confirmed": "yes", "token": token}
    assert browser.post("/models/root/0/digits/move", data=fields, headers=headers).status_code == 403
    assert _stages(writer) == ["archived", "production"]


def test_a_label_is_moved_after_it_was_confirmed(writer):
    browser = client(writer, allow_actions=True)
    fields = {"action": "rollback", "token": _token(browser.get("/models/root/0/digits").text)}
    asked = browser.post("/models/root/0/digits/move", data=fields, headers={"origin": HOST})
    assert "Give production back?" in asked.text
    assert _stages(writer) == ["archived", "production"]
    done = browser.post("/models/root/0/digits/move", data={**fields, "confirmed": "yes"}, headers={"origin": HOST})
    assert (done.status_code, done.headers["location"]) == (303, "/models/root/0/digits")
    assert _stages(writer) == ["production", "archived"]
    label = {**fields, "action": "label", "version": "2", "stage": "canary", "confirmed": "yes"}
    assert browser.post("/models/root/0/digits/move", data=label).status_code == 303
    assert _stages(writer) == ["production", "canary"]


def test_production_is_not_given_up(writer):
    browser = client(writer, allow_actions=True)
    fields = {"action": "label", "version": "2", "stage": "archived", "confirmed": "yes"}
    token = _token(browser.get("/models/root/0/digits").text)
    answer = browser.post("/models/root/0/digits/move", data={**fields, "token": token})
    assert answer.status_code == 409
    assert "Production is given up only to another version" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "delete"},
        {"action": "label", "version": "x", "stage": "canary"},
        {"action": "label", "version": "1", "stage": "x"},
    ],
)
def test_a_form_that_names_no_action_is_refused(writer, fields):
    browser = client(writer, allow_actions=True)
    token = _token(browser.get("/models/root/0/digits").text)
    answer = browser.post("/models/root/0/digits/move", data={**fields, "token": token, "confirmed": "yes"})
    assert answer.status_code == 400


def test_a_large_form_is_refused(writer):
    browser = client(writer, allow_actions=True)
    assert browser.post("/models/root/0/digits/move", data={"token": "x" * 20_000}).status_code == 413


def test_the_interface_is_not_described_with_scripts_from_elsewhere(writer):
    browser = client(writer)
    assert [browser.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]
