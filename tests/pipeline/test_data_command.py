import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from data.errors import DataError
from data.known import datasets
from data.known.datasets import KnownDataset, RemoteFile
from pipeline.commands.data import command
from pipeline.errors import UsageError


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """Instead of the real one: one small file on loopback."""
    monkeypatch.delenv("SLIPWAY_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "digits").write_bytes(b"0123456789")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/digits"
    file = RemoteFile("digits", url, hashlib.sha256(b"0123456789").hexdigest(), 10)
    dataset = KnownDataset(name="mnist", folder="mnist", description="digits", licence="none", files=(file,))
    monkeypatch.setitem(datasets.KNOWN, "mnist", dataset)
    yield tmp_path
    server.shutdown()


def _run(*arguments: str) -> str:
    return CliRunner().invoke(command, arguments, catch_exceptions=False).output


def test_fetches_once_into_the_cache_and_lists_it(mnist):
    assert "not here" in next(line for line in _run("list").splitlines() if line.startswith("mnist"))
    assert "mnist: fetched 1 files" in _run("fetch", "mnist")
    assert (mnist / "cache" / "slipway" / "mnist" / "digits").read_bytes() == b"0123456789"
    assert "mnist: already there, and right" in _run("fetch", "mnist")
    assert "not here" not in next(line for line in _run("list").splitlines() if line.startswith("mnist"))


def test_to_a_folder(mnist):
    _run("fetch", "mnist", "--to", str(mnist / "mine"))
    assert (mnist / "mine" / "digits").exists()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_to_what_is_no_folder_is_wrong_usage(mnist, place):
    (mnist / "file").touch()
    with pytest.raises(UsageError, match=rf"folder that can be written\. Received: {mnist / place} \("):
        _run("fetch", "mnist", "--to", str(mnist / place))


def test_a_long_place_is_listed_whole(mnist, monkeypatch):
    monkeypatch.setenv("SLIPWAY_DATA_DIR", str(mnist / ("deep" * 30)))
    _run("fetch", "mnist", "--to", str(mnist / ("deep" * 30) / "mnist"))
    assert "deep" * 30 in "".join(_run("list").split())
    assert "…" not in _run("list")


def test_a_failed_download_is_an_error_of_its_own(mnist):
    (mnist / "web" / "digits").unlink()
    with pytest.raises(DataError, match="must be reachable") as caught:
        _run("fetch", "mnist")
    assert caught.value.exit_code == 1


def test_an_unknown_name_is_wrong_usage():
    done = CliRunner().invoke(command, ["fetch", "cifar"])
    assert done.exit_code == 2
    assert "fashion_mnist" in done.output
