"""The part of Kubeflow Pipelines' REST API that submitting a run takes, on loopback.

Shaped by kubeflow/pipelines 2.17.0, paths below backend/src but for the first: requests and answers are as the swagger
files in backend/api/v2beta1/swagger define them (run.swagger.json:480 v2beta1PipelineTaskDetail, :639 v2beta1Run, :737
v2beta1RunDetails, :786 v2beta1RuntimeState; experiment.swagger.json:281 v2beta1Experiment, :326
v2beta1ListExperimentsResponse), by which test_kfp_api.py judges both sides, and filled as the server does it:

- fields that have no value are left out, and unknown ones of a request are refused: apiserver/common/utils.go:153
- /healthz: apiserver/main.go:510; refusals as gRPC's gateway says them: common/util/error.go
- a run after its creation: apiserver/resource/resource_manager.go CreateRun; PENDING
- tasks: see kfp_tasks.py
- logs: apiserver/server/run_artifact_server.go:47, which is in the swagger files of 2.5 and not in later ones
"""

import base64
import json
import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pipeline.kubeflow.kfp_tasks import Moment, node_id, tasks, time_after

EPOCH = "1970-01-01T00:00:00Z"
RUN_INPUTS = {"experiment_id", "display_name", "description", "pipeline_spec", "pipeline_version_reference"} | {
    "runtime_config",
    "service_account",
    "plugins_input",
}
EXPERIMENT_INPUTS = {"display_name", "description", "namespace"}
ADDRESS = re.compile(
    r"/apis/v2beta1/runs/(?P<run>[^/]+?)(?:/nodes/(?P<node>[^/]+)/artifacts/(?P<artifact>[^/]+):read)?"
)


@dataclass
class Exchange:
    """A request and its answer, as they went over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    status: int = 0
    answer: Any = None


class Refused(Exception):
    """An answer other than success: status, gRPC's code, message."""


@dataclass
class Kfp:
    """A backend: what it is told to do, and what it was asked.

    Attributes:
      moments: the run at one poll after the other; the last one stays.
      logs: {node: what the main container of its executor wrote}.
      token: what callers must show; None: nothing.
      expires_at: the poll of the run from which on the token is no longer known.
      namespaces: those of a backend for several users, in which whoever asks may run pipelines; None: it has one user.
      down: which polls of the run, counted from 0, a proxy answers that does not reach the backend.
    """

    moments: Sequence[Moment] = (Moment("PENDING"),)
    logs: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    expires_at: float = math.inf
    namespaces: Sequence[str] | None = None
    down: range = range(0)
    exchanges: list[Exchange] = field(default_factory=list)
    experiments: list[dict[str, Any]] = field(default_factory=list)
    run: dict[str, Any] | None = None
    polls: int = 0

    def asked(self, method: str, path: str) -> list[Exchange]:
        """The requests of a method and path."""
        return [exchange for exchange in self.exchanges if (exchange.method, exchange.path) == (method, path)]

    def answer(self, asked: Exchange) -> Any:
        """The answer's JSON. Raises Refused."""
        is_known = asked.headers.get("authorization") == f"Bearer {self.token}" and self.polls < self.expires_at
        if self.token is not None and not is_known:
            raise Refused(401, 16, "Request header error: there is no user identity header.")
        match asked.method, asked.path:
            case "GET", "/apis/v2beta1/healthz":
                return {"commit_sha": "unknown", "tag_name": "2.17.0", "multi_user": self.namespaces is not None}
            case "GET", "/apis/v2beta1/experiments":
                return self._experiments(asked.query)
            case "POST", "/apis/v2beta1/experiments":
                return self._create_experiment(asked.body)
            case "POST", "/apis/v2beta1/runs":
                return self._create_run(asked.body)
        found = ADDRESS.fullmatch(asked.path)
        if asked.method != "GET" or found is None:
            raise Refused(404, 5, "Not Found")
        if self.run is None or found["run"] != self.run["run_id"]:
            raise Refused(404, 5, f"Failed to get a run: Run {found['run']} not found")
        return self._log(found["node"], found["artifact"]) if found["node"] else self._run_now()

    def _experiments(self, query: Mapping[str, str]) -> dict[str, Any]:
        self._authorize(query.get("namespace", ""))
        [predicate] = json.loads(query["filter"])["predicates"]
        found = [each for each in self.experiments if each["display_name"] == predicate["stringValue"]]
        return {"experiments": found, "total_size": len(found)} if found else {}

    def _create_experiment(self, body: dict[str, Any]) -> dict[str, Any]:
        _refuse_unknown(body, EXPERIMENT_INPUTS)
        self._authorize(body.get("namespace", ""))
        given = {name: value for name, value in body.items() if value}
        made = {**given, "experiment_id": "e1", "created_at": time_after(0), "storage_state": "AVAILABLE"}
        self.experiments.append({**made, "last_run_created_at": EPOCH})
        return self.experiments[-1]

    def _create_run(self, body: dict[str, Any]) -> dict[str, Any]:
        _refuse_unknown(body, RUN_INPUTS)
        if not body.get("display_name"):
            raise Refused(400, 3, "The run name is empty. Please specify a valid name")
        if body["experiment_id"] not in [each["experiment_id"] for each in self.experiments]:
            raise Refused(404, 5, f"Experiment {body['experiment_id']} not found")
        spec = body["pipeline_spec"].get("pipeline_spec", body["pipeline_spec"])
        if (version := spec.get("schemaVersion")) != "2.1.0":
            raise Refused(
                400, 3, f"KFP only supports schema version 2.1.0, but the pipeline spec has version {version}"
            )
        self.run = {
            "service_account": "pipeline-runner",
            **body,
            "run_id": "4f2a",
            "storage_state": "AVAILABLE",
            "created_at": time_after(0),
            "scheduled_at": time_after(0),
        }
        return {**self.run, "finished_at": EPOCH, "state": "PENDING"}

    def _run_now(self) -> dict[str, Any]:
        self.polls += 1
        if self.polls - 1 in self.down:
            raise Refused(503, None, "upstream connect error")
        moment = self.moments[min(self.polls, len(self.moments)) - 1]
        is_over = moment.state in ("SUCCEEDED", "FAILED", "CANCELED")
        details = {"run_details": {"task_details": list(tasks(moment))}} if moment.nodes else {}
        return {
            **(self.run or {}),
            "finished_at": time_after(1000) if is_over else EPOCH,
            "state": moment.state,
            "state_history": [{"update_time": time_after(0), "state": "PENDING"}],
            **details,
        }

    def _log(self, pod: str, artifact: str) -> dict[str, str]:
        logs = {node_id(f"root.{node}.executor"): log for node, log in self.logs.items()}
        if pod not in logs or artifact != "main-logs":
            raise Refused(404, None, {"error_message": "artifact not found: <nil>", "error_details": "artifact"})
        return {"data": base64.b64encode(logs[pod].encode()).decode()}

    def _authorize(self, namespace: str) -> None:
        if self.namespaces is not None and not namespace:
            raise Refused(400, 3, "Namespace is empty. In multi-user mode, it must be given.")
        if self.namespaces is not None and namespace not in self.namespaces:
            raise Refused(403, 7, f"User 'ann' is not authorized with reason: no access to namespace {namespace}")


@contextmanager
def serving(kfp: Kfp) -> Iterator[str]:
    """Serves a backend; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Exchange(self.command, url.path, query, headers, json.loads(text) if text else None)
            try:
                asked.status, asked.answer = 200, kfp.answer(asked)
            except Refused as refused:
                asked.status, code, message = refused.args
                asked.answer = {"code": code, "message": message, "details": []} if code is not None else message
            kfp.exchanges.append(asked)
            self.send_response(asked.status)
            self.send_header("Content-Type", "text/plain" if isinstance(asked.answer, str) else "application/json")
            self.end_headers()
            self.wfile.write((asked.answer if isinstance(asked.answer, str) else json.dumps(asked.answer)).encode())

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    with answering(Handler) as address:
        yield address


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on loopback, in a thread; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _refuse_unknown(body: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(body) - known):
        raise Refused(400, 3, f'proto: (line 1:2): unknown field "{unknown[0]}"')
