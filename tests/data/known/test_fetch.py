"""Against a real server on loopback that resumes, does not, breaks off, or has another file."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from data.errors import DataError
from data.known import fetch as fetching
from data.known.datasets import KnownDataset, RemoteFile
from data.known.fetch import fetch

CONTENT = bytes(range(256)) * 4000


class Publisher(ThreadingHTTPServer):
    """Serves CONTENT at any path.

    Attributes:
      resumes: whether it heeds Range.
      breaks_at: the byte after which a response ends early, for as many responses as `breaks`.
      failures: how many requests it answers with 503 first.
      asked: the Range of each request.
    """

    resumes = True
    breaks_at, breaks = 0, 0
    failures = 0
    content = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.failures:
            server.failures -= 1
            self.send_error(503)
            return
        start = 0
        if server.resumes and self.headers.get("Range"):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start > len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        body = server.content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            body = body[: server.breaks_at]
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setattr(fetching, "RETRIES", fetching.RETRIES.new(backoff_factor=0.01))
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


def _dataset(server: Publisher, content: bytes = CONTENT) -> KnownDataset:
    url = f"http://127.0.0.1:{server.server_port}/file.bin"
    file = RemoteFile("file.bin", url, hashlib.sha256(content).hexdigest(), len(content))
    return KnownDataset(name="numbers", folder="numbers", description="", licence="", files=(file,))


def _fetch(server: Publisher, folder, **options) -> list[str]:
    return fetch(_dataset(server, **options), folder, progress=lambda *_: None)


def test_downloads_once_and_leaves_nothing_else(publisher, tmp_path):
    told = []
    dataset = _dataset(publisher)
    assert fetch(dataset, tmp_path / "a", progress=lambda _, done, total: told.append((done, total))) == ["file.bin"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file.bin"]
    assert (tmp_path / "a" / "file.bin").read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)
    assert _fetch(publisher, tmp_path / "a") == []
    assert len(publisher.asked) == 1


def test_goes_on_where_it_broke_off(publisher, tmp_path):
    publisher.breaks_at, publisher.breaks = 600_000, 1
    with pytest.raises(DataError, match=r"must be reachable\. Received: .*of 1,024,000 bytes, which are kept"):
        _fetch(publisher, tmp_path)
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < kept <= 600_000
    assert not (tmp_path / "file.bin").exists()
    assert _fetch(publisher, tmp_path) == ["file.bin"]
    assert publisher.asked[-1] == f"bytes={kept}-"
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_begins_anew_where_the_server_does_not_resume(publisher, tmp_path):
    publisher.resumes = False
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    assert _fetch(publisher, tmp_path) == ["file.bin"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_asks_again_where_the_server_is_busy(publisher, tmp_path):
    publisher.failures = 2
    assert _fetch(publisher, tmp_path) == ["file.bin"]
    assert len(publisher.asked) == 3


def test_another_file_is_not_kept(publisher, tmp_path):
    publisher.content = CONTENT[:-1] + b"!"
    with pytest.raises(DataError, match=r"must have the SHA-256 .*The download was removed"):
        _fetch(publisher, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_whole_answer_that_is_too_short_is_another_file(publisher, tmp_path):
    publisher.content = b"<html>Log in to the network first</html>"
    with pytest.raises(DataError, match=r"must have the SHA-256 .*The download was removed"):
        _fetch(publisher, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_is_not_the_publishers_fault(publisher, tmp_path):
    (tmp_path / "file.bin.part").mkdir()
    with pytest.raises(IsADirectoryError):
        _fetch(publisher, tmp_path)


def test_a_part_that_is_too_long_is_thrown_away(publisher, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT * 2)
    with pytest.raises(DataError, match="does not belong to the file"):
        _fetch(publisher, tmp_path)
    assert _fetch(publisher, tmp_path) == ["file.bin"]


def test_a_damaged_file_is_fetched_again(publisher, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"damaged")
    assert _fetch(publisher, tmp_path) == ["file.bin"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_publisher_that_is_not_there(publisher, tmp_path):
    publisher.shutdown()
    publisher.server_close()
    with pytest.raises(DataError, match=r"must be reachable\. Received: .*after 0 of 1,024,000 bytes"):
        _fetch(publisher, tmp_path)
