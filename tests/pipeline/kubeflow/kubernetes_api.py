"""A Kubernetes API server on loopback with one pod, which keeps what it is asked for.

Its paths and answers are those of Kubernetes' API conventions (kubernetes/community,
contributors/devel/sig-architecture/api-conventions.md): objects in JSON, `Status` where something is refused.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

NAMESPACE = "kubeflow"
JOB_SETS = f"/apis/jobset.x-k8s.io/v1alpha2/namespaces/{NAMESPACE}/jobsets"


class KubernetesApi(ThreadingHTTPServer):
    """Attributes:
    job_sets: those that there are, by name.
    asked: method and path of each request.
    refuses: whether it forbids to create JobSets.
    """

    def __init__(self, pod: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pods = {f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}": pod}
        self.job_sets: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.refuses = False

    def write_kube_config(self, path: Path) -> None:
        """What kubectl and the clients find the server by."""
        cluster = {"server": f"http://127.0.0.1:{self.server_port}"}
        context = {"cluster": "here", "user": "me"}
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "here", "cluster": cluster}],
                    "users": [{"name": "me", "user": {}}],
                    "contexts": [{"name": "here", "context": context}],
                    "current-context": "here",
                }
            )
        )


@contextmanager
def serving(pod: dict[str, Any]) -> Iterator[KubernetesApi]:
    """The server, while the context is open."""
    with KubernetesApi(pod) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: KubernetesApi

    def do_GET(self) -> None:
        found = self.server.pods.get(self._path())
        self._answer(200, found) if found else self._refuse(404, "NotFound", "pods not found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._path() != JOB_SETS:
            self._refuse(404, "NotFound", "the server could not find the requested resource")
        elif self.server.refuses:
            self._refuse(403, "Forbidden", "jobsets.jobset.x-k8s.io is forbidden")
        else:
            self.server.job_sets[body["metadata"]["name"]] = body
            self._answer(201, body)

    def do_DELETE(self) -> None:
        found = self.server.job_sets.pop(self._path().removeprefix(f"{JOB_SETS}/"), None)
        self._answer(200, found) if found else self._refuse(404, "NotFound", "jobsets not found")

    def _path(self) -> str:
        path = self.path.partition("?")[0]
        self.server.asked.append((self.command, path))
        return path

    def _refuse(self, code: int, reason: str, message: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
        self._answer(code, {**status, "code": code})

    def _answer(self, code: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Says nothing: tests look at `asked`."""
