"""Notifications, to servers on loopback: HTTP, and SMTP by aiosmtpd."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.notify.messages import message_of
from pipeline.notify.notify import notify_of
from pipeline.notify.options import NotifyConfig
from records.findings import Finding
from records.push import Push
from records.run import RunRecord
from tests.serving.client.servers import rest_server

REFUSED = Finding(gate="evaluation", metric="accuracy", where="", value=0.5, limit=">= 0.9", passed=False)
PUSH = Push(destination="/registry/digits/3", version=3, stage="canary", in_this_run=True)


def record(state: str, **facts: Any) -> RunRecord:
    return RunRecord(run_id="20261126-1", pipeline="digits", state=state, **facts)


PUSHED = record("done", pushes=[PUSH], metrics={"test_accuracy": 0.98765})
FAILED = record("failed", error="Trainer: disk <full> & gone")


def tell(run: RunRecord, **options: Any) -> list[str]:
    """What is said of ways that failed."""
    said: list[str] = []
    notify_of(run, NotifyConfig(**options), said.append)
    return said


@pytest.mark.parametrize(
    ("run", "event", "text"),
    [
        (
            PUSHED,
            "push",
            "digits: pushed version 3 as canary\nrun 20261126-1\ntest_accuracy 0.9877\n/registry/digits/3",
        ),
        (FAILED, "failure", "digits failed\nrun 20261126-1\nTrainer: disk <full> & gone"),
        (
            record("refused", gates=[REFUSED], error="long"),
            "refusal",
            "digits: a gate refused\nrun 20261126-1\naccuracy must be >= 0.9. Received: 0.5.",
        ),
    ],
)
def test_what_is_said_of_a_run(run, event, text):
    message = message_of(run)
    assert message is not None
    assert (message.event, message.text) == (event, text)


@pytest.mark.parametrize(
    "run",
    [
        record("done"),
        record("done", pushes=[Push(destination="d", version=3, stage="canary", in_this_run=False)]),
        record("interrupted"),
        record("running"),
    ],
)
def test_nothing_is_said_of_a_run_that_brought_nothing_new(run):
    assert message_of(run) is None


def test_a_webhook_gets_what_slack_takes(monkeypatch):
    with rest_server({("POST", "/services/T/B/secret"): [(200, "ok")]}) as asked:
        monkeypatch.setenv("SLACK", f"{asked.url}/services/T/B/secret")
        assert tell(FAILED, webhook={"url_env": "SLACK"}) == []
    [(_, _, body)] = asked.requests
    assert body == {"text": "digits failed\nrun 20261126-1\nTrainer: disk &lt;full&gt; &amp; gone"}


def test_what_is_not_asked_for_is_not_told():
    with rest_server({}) as asked:
        assert tell(FAILED, on=["push"], webhook={"url": asked.url}) == []
    assert asked.requests == []


def test_a_webhook_that_refuses_is_named_without_its_address():
    with rest_server({("POST", "/secret"): [(403, "no")]}) as asked:
        [said] = tell(PUSHED, webhook={"url": f"{asked.url}/secret"})
    assert said == "notify.webhook could not be told of the push: it answered 403"


def test_a_webhook_that_is_not_there_is_named_without_its_address():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        [said] = tell(PUSHED, webhook={"url": f"http://127.0.0.1:{unused.getsockname()[1]}/secret"})
    assert said.endswith("ConnectionError")
    assert "secret" not in said


def test_a_secret_that_is_not_set_is_named():
    [said] = tell(PUSHED, webhook={"url_env": "SLIPWAY_NO_SUCH"})
    assert said.endswith("the environment variable SLIPWAY_NO_SUCH is not set")


@pytest.fixture
def mails():
    """A function that starts an SMTP server, and the mails that it got."""
    controller = pytest.importorskip("aiosmtpd.controller", reason="an SMTP server, for development only")
    got, started = [], []

    class Handler:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode(), session.authenticated))
            return "250 OK"

    def start(**options) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        started.append(controller.Controller(Handler(), hostname="127.0.0.1", port=port, **options))
        started[-1].start()
        return port

    start.got = got
    yield start
    for each in started:
        each.stop()


def email(port: int, **options) -> dict[str, Any]:
    to = ["a@example.com", "b@example.com"]
    sent = {"host": "localhost", "port": port, "sender": "slipway@example.com", "to": to, "security": "none"}
    return {**sent, **options}


def test_a_mail_goes_to_all(mails):
    assert tell(PUSHED, email=email(mails())) == []
    [(sender, recipients, content, _)] = mails.got
    assert (sender, recipients) == ("slipway@example.com", ["a@example.com", "b@example.com"])
    assert "Subject: digits: pushed version 3 as canary" in content
    assert "/registry/digits/3" in content


def test_a_mail_by_starttls_and_a_password(mails, tmp_path, monkeypatch):
    import ssl

    from aiosmtpd.smtp import AuthResult

    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, to make a certificate")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "-x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    made = ["openssl", "req", *words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"slipway", b"right"), handled=False)

    port = mails(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    monkeypatch.setenv("PASSWORD", "right")
    options = email(port, security="starttls", user="slipway", password_env="PASSWORD")
    [said] = tell(PUSHED, email=options)
    assert "CERTIFICATE_VERIFY_FAILED" in said
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert tell(PUSHED, email=options) == []
    assert mails.got[0][3]
    monkeypatch.setenv("PASSWORD", "wrong")
    [said] = tell(PUSHED, email=options)
    assert "SMTPAuthenticationError" in said
    assert "wrong" not in said


def test_a_server_without_tls_gets_no_mail_where_tls_is_asked_for(mails):
    [said] = tell(PUSHED, email=email(mails(), security="starttls"))
    assert "STARTTLS extension not supported" in said
    assert mails.got == []


def test_a_program_gets_the_record(tmp_path):
    out = tmp_path / "out.json"
    code = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    assert tell(PUSHED, command=[sys.executable, "-c", code]) == []
    got = json.loads(Path(out).read_text())
    assert (got["event"], got["run_id"], got["pushes"][0]["version"]) == ("push", "20261126-1", 3)


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        (["/no/such/program"], {}, "No such file"),
        ([sys.executable, "-c", "import sys; sys.exit('went wrong')"], {}, "exit code 1: went wrong"),
        (["sleep", "60"], {"timeout_secs": 0.2}, "did not end within 0.2 s"),
    ],
)
def test_a_program_that_fails_is_named(command, options, said):
    [line] = tell(PUSHED, command=command, **options)
    assert line.startswith("notify.command could not be told of the push: ")
    assert said in line


def test_one_way_that_fails_does_not_keep_the_others():
    with rest_server({("POST", "/x"): [(200, "ok")]}) as asked:
        said = tell(PUSHED, webhook={"url": f"{asked.url}/x"}, command=["/no/such/program"])
    assert len(asked.requests) == len(said) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Give webhook, email or command"),
        ({"webhook": {}}, "Give url or url_env"),
        ({"webhook": {"url": "http://a", "url_env": "B"}}, "Give url or url_env"),
        ({"webhook": {"url": "ftp://a"}}, "URL scheme should be"),
        ({"webhook": {"url_env": "$A"}}, "should match pattern"),
        ({"email": {"host": "h", "sender": "a@b", "to": ["c@d"], "user": "u"}}, "both or none"),
        ({"email": {"host": "h", "sender": "nobody", "to": ["c@d"]}}, "should match pattern"),
        ({"command": ["true"], "on": ["success"]}, "failure"),
    ],
)
def test_a_section_that_could_tell_nobody_is_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        NotifyConfig(**options)
