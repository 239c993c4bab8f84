"""A server on loopback that answers as TensorFlow Serving's documentation says (g3doc/api_rest.md)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# GET /v1/models/saved_model_half_plus_three, from "Make REST API calls to ModelServer".
STATUS = """{
 "model_version_status": [
  {
   "version": "123",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}"""
# The error of the same section.
NOT_FOUND = '{ "error": "Servable not found for request: Latest(half)" }'


def tensor(dtype: str, *sizes: int) -> dict[str, Any]:
    """A TensorInfo as protobuf writes it in JSON: int64 as text."""
    return {
        "dtype": dtype,
        "name": "x:0",
        "tensor_shape": {"dim": [{"size": str(size), "name": ""} for size in sizes], "unknown_rank": False},
    }


def metadata(**signatures: tuple[dict[str, Any], dict[str, Any]]) -> str:
    """The answer of /metadata (apis/get_model_metadata.proto): a SignatureDefMap in an Any."""
    found = {
        name: {"inputs": inputs, "outputs": outputs, "method_name": "tensorflow/serving/predict", "defaults": {}}
        for name, (inputs, outputs) in signatures.items()
    }
    kind = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    return json.dumps(
        {
            "model_spec": {"name": "half", "signature_name": "", "version": "123"},
            "metadata": {"signature_def": {"@type": kind, "signature_def": found}},
        }
    )


class Asked:
    """What a server got and what it answers.

    Attributes:
      requests: (method, path, body) in their order.
      answers: `{(method, path): [(code, body), …]}`; the last answer of each is repeated.
    """

    def __init__(self, answers: dict[tuple[str, str], list[tuple[int, str]]]) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.answers = answers
        self.url = ""


@contextmanager
def rest_server(answers: dict[tuple[str, str], list[tuple[int, str]]]) -> Iterator[Asked]:
    """An HTTP server, which answers 404 to what it was not told of."""
    asked = Asked(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.requests.append((self.command, self.path, json.loads(body) if body else None))
            left = asked.answers.get((self.command, self.path), [(404, NOT_FOUND)])
            code, text = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = _answer  # noqa: N815 - names that http.server looks for

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    asked.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
