"""The API server of Kubeflow Pipelines, by the client of the KFP SDK."""

import base64
import contextlib
import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import kfp
import kfp_server_api
import urllib3
import yaml

from pipeline.errors import RunError
from pipeline.kubeflow.submission import Submission

# The variable of the `kfp` command's option --existing-token.
TOKEN_VARIABLE = "KFP_EXISTING_TOKEN"
# What Argo keeps of a pod's main container where it archives logs, as KFP's manifests tell it to.
_LOG = "main-logs"
_MAX_CHARACTERS = 500
_TIMEOUT_SECS = 30


class BackendError(RunError):
    """The API server does not do what it was asked for."""

    title = "Kubeflow Pipelines"


class NoAnswer(BackendError):
    """The API server cannot answer just now; it may a little later."""


class Backend(kfp.Client):
    """The SDK's client, which finds host and credentials; an error becomes one line that says what to do."""

    def __init__(self, host: str | None) -> None:
        """Asks the server whether it is there.

        Args:
          host: address of the API server or of the Pipelines page, which passes the API on; None: where the SDK looks,
            that is KF_PIPELINES_ENDPOINT, the cluster around this process, the kube config's current context.

        Raises:
          BackendError: nobody answers there, refuses whoever asks, or does not speak the API.
        """
        with warnings.catch_warnings():
            # That it needs version 2 of the backend, which is what is asked here.
            warnings.simplefilter("ignore", FutureWarning)
            with self._explained():
                super().__init__(host, existing_token=os.environ.get(TOKEN_VARIABLE))
                health = self.get_kfp_healthz()
        # Pages that ask for a password come with status 200.
        if health.multi_user is None:
            raise BackendError(
                f"the host must answer as the API server does. Received: something else from {self.address}, "
                f"such as the page to log in. Give a token by {TOKEN_VARIABLE}, or name the API server itself."
            )

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._existing_config.host

    def get_kfp_healthz(self, sleep_duration: int = 0) -> kfp_server_api.V2beta1GetHealthzResponse:
        """What the server says of itself, asked once: the SDK's goes on for 25 s where a token is wrong."""
        try:
            return self._healthz_api.healthz_service_get_healthz(_request_timeout=_TIMEOUT_SECS)
        except kfp_server_api.ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise BackendError(
                f"the backend must be Kubeflow Pipelines 2.0 or later. Received: {self.address}, without "
                f"/apis/v2beta1. Update it, or name another by --host."
            ) from error

    def submit(self, submission: Submission) -> str:
        """Creates the run, and its experiment if there is none.

        Returns:
          The run's id.

        Raises:
          BackendError: see `__init__`; the message is the server's where it refuses the run.
        """
        # The SDK prints links of its own.
        with self._explained(), contextlib.redirect_stdout(None), tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "pipeline.yaml"
            package.write_text(yaml.safe_dump_all(submission.documents))
            experiment = self.create_experiment(submission.experiment, namespace=submission.namespace)
            run = self.run_pipeline(
                experiment.experiment_id,
                submission.run,
                str(package),
                params=dict(submission.parameters),
                pipeline_root=submission.pipeline_root,
                service_account=submission.service_account,
            )
        return run.run_id

    def run(self, run_id: str) -> kfp_server_api.V2beta1Run:
        """The run as it is now. Raises BackendError, see `__init__`, and where there is no run of that id."""
        with self._explained():
            return self._run_api.run_service_get_run(run_id, _request_timeout=_TIMEOUT_SECS)

    def log(self, run_id: str, node_id: str) -> str:
        """What the main container of a pod of a run wrote.

        Args:
          run_id: id of the run.
          node_id: Argo's id of the node that the pod is.

        Raises:
          BackendError: see `__init__`, and where the cluster keeps no logs.
        """
        # Served since 2.0; the generated client of later versions lacks it, since it streams past the gateway.
        with self._explained():
            answer = self._run_api.api_client.call_api(
                "/apis/v2beta1/runs/{run_id}/nodes/{node_id}/artifacts/{artifact_name}:read",
                "GET",
                path_params={"run_id": run_id, "node_id": node_id, "artifact_name": _LOG},
                header_params={"Accept": "application/json"},
                response_type="object",
                auth_settings=["Bearer"],
                _return_http_data_only=True,
                _request_timeout=_TIMEOUT_SECS,
            )
        return base64.b64decode(answer.get("data", "")).decode(errors="replace")

    def link(self, run_id: str) -> str:
        """Where a browser shows the run."""
        return f"{self._get_url_prefix()}/#/runs/details/{run_id}"

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except kfp_server_api.ApiException as error:
            raise _refusal(self.address, error) from error
        except urllib3.exceptions.HTTPError as error:
            # urllib3 puts the connection in front of what went wrong with it.
            text = str(getattr(error, "reason", None) or error)
            reason = text.partition(": ")[2] or text
            raise NoAnswer(
                f"the API server must be reachable. Received: no answer from {self.address} ({reason}). "
                f"Name another by --host or kubeflow.host, or forward its port: kubectl port-forward -n kubeflow "
                f"svc/ml-pipeline-ui 8080:80, and --host http://localhost:8080."
            ) from error


def _refusal(address: str, error: kfp_server_api.ApiException) -> BackendError:
    """A status other than success, in words."""
    said = f"Received: {error.status} from {address} ({_message(error)})."
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return BackendError(
                f"the API server must know who asks. {said} Give a token that is still valid by {TOKEN_VARIABLE}."
            )
        case HTTPStatus.FORBIDDEN:
            return BackendError(
                f"the API server must allow it to who asks. {said} Name a namespace of yours by "
                f"kubeflow.namespace, or ask its owner for the role kubeflow-edit."
            )
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return NoAnswer(f"the API server must be able to do what it is asked for. {said}")
        case _:
            return BackendError(f"the API server must accept the request. {said}")


def _message(error: kfp_server_api.ApiException) -> str:
    """What the server said, in a line: the gateway and the artifacts' handler by JSON, proxies before them may not."""
    text = error.body or error.reason or ""
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    with contextlib.suppress(ValueError, AttributeError):
        said = json.loads(text)
        text = said.get("message") or said.get("error_message") or text
    lines = text.strip().splitlines()
    return lines[0][:_MAX_CHARACTERS] if lines else "no reason given"
