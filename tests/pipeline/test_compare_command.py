"""`slipway compare` and `slipway ui`, as far as they need no browser."""

import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from tests.inspection.many_runs import write_many_runs
from tests.inspection.root_writer import SECOND
from tests.pipeline.shipped import PROJECT


@pytest.fixture
def many(tmp_path):
    return write_many_runs(tmp_path / "many", 10).path


def _say(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(map(str, arguments)), env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return getattr(done.exception, "exit_code", 1), str(done.exception)
    return done.exit_code, done.output


def test_a_comparison_is_tables_and_a_page(many, tmp_path):
    code, text = _say("compare", "20260102-1600", "latest", "--root", many, "--out", tmp_path / "page.html")
    assert code == 0, text
    assert re.search(r"accuracy +0\.9\d+ \(0\.\d+–0\.\d+\) +0\.9\d* \(0\.\d+–0\.\d+\) -0\.\d+ worse p = ", text)
    assert re.search(r"train\.epochs +8 +9", text)
    page = (tmp_path / "page.html").read_text()
    assert "2 runs compared" in page
    assert not re.findall(r'(?:src|href)="', re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (("latest",), "RUN must be given twice"),
        (("latest", "nothing"), "A run must be `latest`"),
        ((), "Missing argument"),
    ],
)
def test_what_cannot_be_compared_is_wrong_usage(many, runs, said):
    code, text = _say("compare", *runs, "--root", many)
    assert (code, said in text) == (2, True), text


def test_a_run_without_a_record_cannot_be_compared(root):
    code, text = _say("compare", "20260101", "20260102", "--root", root)
    assert (code, f"Received: {SECOND}." in text) == (2, True), text


def test_a_root_that_is_none_is_wrong_usage(tmp_path):
    code, text = _say("ui", tmp_path)
    assert code == 2
    assert "must be a directory that `slipway run` wrote" in text


def test_without_a_root_there_must_be_one_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, text = _say("ui")
    assert (code, "Without ROOT there must be one in ./output/*" in text) == (2, True), text


def test_a_port_that_is_taken_is_wrong_usage(many):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = _say("ui", many, "--port", taken.getsockname()[1])
    assert (code, "--port must be one that is free" in text) == (2, True), text


def test_the_app_answers_on_this_machine_alone_and_takes_no_tensorflow(many):
    script = (
        "import sys, threading\n"
        "from pipeline.cli import cli\n"
        "def told():\n"
        "    sys.stdin.readline()\n"
        "    print(sorted({'tensorflow', 'tfx', 'apache_beam', 'keras'} & set(sys.modules)), flush=True)\n"
        "threading.Thread(target=told, daemon=True).start()\n"
        f"cli(['ui', {str(many)!r}, '--port', '0'], standalone_mode=False)\n"
    )
    command = [sys.executable, "-u", "-c", script]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert address
            with urllib.request.urlopen(address.group(0)) as answer:
                page = answer.read().decode()
            assert page.count("<tr data-words=") == 10
            run = re.search(r'href="(/runs/many/[\d-]+)"', page).group(1)
            with urllib.request.urlopen(address.group(0) + run[1:]) as answer:
                assert answer.status == 200
            with pytest.raises(OSError, match="refused"):
                # Another address of this machine.
                socket.create_connection(("127.0.0.2", int(address.group(1))), timeout=2)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == "[]"
        finally:
            process.terminate()
            for _ in range(50):
                if process.poll() is not None:
                    break
                time.sleep(0.1)
            process.kill()
