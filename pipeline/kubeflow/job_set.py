"""The JobSet of a training's workers, each a pod like the one that Trainer runs in.

Of kubernetes-sigs/jobset v0.12.0: api/jobset/v1alpha2/jobset_types.go; names of hosts as
pkg/controllers/jobset_controller.go:1374 makes them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

GROUP, VERSION, PLURAL = "jobset.x-k8s.io", "v1alpha2", "jobsets"
PORT = 2222
WORKERS = "workers"
# What Argo and the launcher put into a pod for themselves, and what Kubernetes adds to each anew.
_RUNNERS_VOLUMES = ("var-run-argo", "tmp-dir-argo", "argo-staging", "kfp-launcher", "kube-api-access-")
# Argo watches all pods that have its labels.
_RUNNERS_KEYS = ("workflows.argoproj.io/", "kubectl.kubernetes.io/")
_SPEC_KEYS = (
    "affinity",
    "hostUsers",
    "imagePullSecrets",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
)
_CONTAINER_KEYS = ("envFrom", "image", "imagePullPolicy", "resources", "securityContext")
# A worker's number, which Kubernetes writes into its pod, and by which it finds itself in TF_CONFIG.
_INDEX = {
    "name": "WORKER_INDEX",
    "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}},
}


def job_set(pod: Mapping[str, Any], *, name: str, workers: int, command: Sequence[str]) -> dict[str, Any]:
    """The manifest.

    The workers end with the training, and all of them where one fails: the step then starts again, and makes new ones.

    Args:
      pod: the step's own, as the Kubernetes API has it; it owns the JobSet.
      name: of the JobSet, and of the domain of its hosts; at most 40 letters, digits and dashes.
      workers: how many there are beside the step.
      command: what each runs, with arguments.
    """
    owner = {"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
    job = {
        "parallelism": workers,
        "completions": workers,
        "completionMode": "Indexed",
        "backoffLimit": 0,
        "template": _worker(pod, cluster(pod, name=name, workers=workers), command),
    }
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "JobSet",
        "metadata": {"name": name, "ownerReferences": [owner]},
        "spec": {
            "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
            "failurePolicy": {"maxRestarts": 0},
            "replicatedJobs": [{"name": WORKERS, "replicas": 1, "template": {"spec": job}}],
        },
    }


def cluster(pod: Mapping[str, Any], *, name: str, workers: int) -> dict[str, list[str]]:
    """TF_CONFIG's `cluster`: the step is the chief, by its address, and the workers are found by their names."""
    hosts = [f"{name}-{WORKERS}-0-{index}.{name}:{PORT}" for index in range(workers)]
    return {"chief": [f"{pod['status']['podIP']}:{PORT}"], "worker": hosts}


def _worker(pod: Mapping[str, Any], addresses: Mapping[str, list[str]], command: Sequence[str]) -> dict[str, Any]:
    """The template of a worker's pod: the step's own without what ran the step."""
    spec = pod["spec"]
    [main] = [each for each in spec["containers"] if each["name"] == "main"]
    # Kubernetes puts the number in place of $(…), as of a variable that stands before.
    task = '{"type": "worker", "index": $(WORKER_INDEX)}'
    config = {"name": "TF_CONFIG", "value": f'{{"cluster": {json.dumps(addresses)}, "task": {task}}}'}
    env = [each for each in main.get("env", []) if not each["name"].startswith("ARGO_")]
    container = {
        "name": "main",
        **{key: main[key] for key in _CONTAINER_KEYS if key in main},
        "command": list(command),
        "env": [*env, _INDEX, config],
        "ports": [{"containerPort": PORT}],
        "volumeMounts": [each for each in main.get("volumeMounts", []) if not _is_a_runner_s(each["name"])],
    }
    return {
        "metadata": {key: _own(pod["metadata"].get(key, {})) for key in ("labels", "annotations")},
        "spec": {
            **{key: spec[key] for key in _SPEC_KEYS if key in spec},
            "restartPolicy": "Never",
            "containers": [container],
            "volumes": [each for each in spec.get("volumes", []) if not _is_a_runner_s(each["name"])],
        },
    }


def _is_a_runner_s(volume: str) -> bool:
    return volume.startswith(_RUNNERS_VOLUMES)


def _own(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if not key.startswith(_RUNNERS_KEYS)}
