"""Trainer's step where several processes train together: `python -m pipeline.kubeflow.train_together N COMMAND…`.

Starts N - 1 workers beside this pod, which run the same command, runs it here as their chief, and ends as it does.
Needs the pod's name and namespace in KFP_POD_NAME and POD_NAMESPACE, and a service account that may get pods and create
and delete JobSets.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from pipeline.kubeflow.job_set import GROUP, PLURAL, VERSION, cluster, job_set


def main(arguments: Sequence[str]) -> int:
    """Returns the command's exit code; 1 where the workers could not be started.

    Args:
      arguments: how many processes train together, then the command that each of them runs.
    """
    workers, command = int(arguments[0]) - 1, arguments[1:]
    _find_cluster()
    namespace = os.environ["POD_NAMESPACE"]
    try:
        pod = json.loads(
            client.CoreV1Api().read_namespaced_pod(os.environ["KFP_POD_NAME"], namespace, _preload_content=False).data
        )
        # An attempt's own: that of the attempt before may still be going.
        name = f"trainer-{pod['metadata']['uid'][:13]}"
        with _started(job_set(pod, name=name, workers=workers, command=command), namespace):
            return _run_as_chief(command, cluster(pod, name=name, workers=workers))
    except ApiException as error:
        print(
            f"Trainer's service account must be allowed to get pods and to create and delete {PLURAL}.{GROUP}, and the "
            f"cluster must have that API. Received: {error.status} {error.reason}: {_message(error)}",
            file=sys.stderr,
        )
        return 1


def _find_cluster() -> None:
    """Tells the Kubernetes client where the API is: that of this pod's cluster, elsewhere that of kubectl."""
    try:
        config.load_incluster_config()
    except config.ConfigException:
        config.load_kube_config()


@contextmanager
def _started(manifest: dict[str, Any], namespace: str) -> Iterator[None]:
    api, kind = client.CustomObjectsApi(), (GROUP, VERSION, namespace, PLURAL)
    api.create_namespaced_custom_object(*kind, manifest)
    try:
        yield
    finally:
        api.delete_namespaced_custom_object(*kind, manifest["metadata"]["name"], propagation_policy="Background")


def _run_as_chief(command: Sequence[str], addresses: dict[str, list[str]]) -> int:
    """The exit code; SIGTERM is passed on, for a training that is told so leaves a checkpoint."""
    tf_config = json.dumps({"cluster": addresses, "task": {"type": "chief", "index": 0}})
    with subprocess.Popen(command, env={**os.environ, "TF_CONFIG": tf_config}) as process:
        signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
        return process.wait()


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return "no message"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
