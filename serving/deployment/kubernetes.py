"""Manifests of Kubernetes: for each model a Deployment and what goes with it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from serving.deployment.errors import DeploymentError
from serving.deployment.monitoring import JOB
from serving.deployment.options import NAME, DeploymentOptions
from serving.deployment.places import MODELS, absolute, inside, is_store
from serving.deployment.served import ServedModel
from serving.deployment.server_files import (
    BATCHING_FILE,
    GRPC_PORT,
    MODELS_FILE,
    MONITORING_FILE,
    REST_PORT,
    batching_config,
    models_config,
    monitoring_config,
    server_flags,
)
from serving.registry import Registry

_CONFIG = "/etc/serving"
# Seconds that a server may take to load its versions.
_START_SECS = 600


def kubernetes_names(models: Sequence[ServedModel]) -> dict[str, str]:
    """The name of each model in Kubernetes, which takes neither capitals nor underscores.

    Raises:
      DeploymentError: a model's name makes none, or two make one.
    """
    names = {model.name: model.name.lower().replace("_", "-").replace(".", "-") for model in models}
    for model, name in names.items():
        # A Service's name starts with a letter (RFC 1035), and has room for an ending in those of a Deployment's pods.
        if not NAME.fullmatch(name) or not name[0].isalpha() or len(name) > 50:
            raise DeploymentError(
                "A model's name must make a name of Kubernetes: a letter, then letters, digits and dashes, at most 50. "
                f"Received: {model}. Push it under another name."
            )
        if list(names.values()).count(name) > 1:
            raise DeploymentError(
                f"Two models must not have one name in Kubernetes. Received: "
                f"{', '.join(each for each in names if names[each] == name)}, both {name}. Push one under another name."
            )
    return names


def pods_service(name: str) -> str:
    """The name of the headless Service whose addresses are a model's pods."""
    return f"{name}-pods"


def manifests(registry: Registry, model: ServedModel, name: str, options: DeploymentOptions) -> list[dict[str, Any]]:
    """The documents of one model."""
    files = {
        MODELS_FILE: models_config([model], inside(registry), keep_previous=False),
        BATCHING_FILE: batching_config(options),
        MONITORING_FILE: monitoring_config(),
    }
    # A config has its digest for a name: another one starts other pods, which are ready before the old ones go, and no
    # running server is asked to move a label to a version that it has not loaded.
    digest = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()[:10]
    config = f"{name}-serving-{digest}"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": JOB}

    def document(version: str, kind: str, called: str, **content: Any) -> dict[str, Any]:
        place = {"namespace": options.namespace} if options.namespace else {}
        return {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": called, **place, "labels": labels},
            **content,
        }

    ports = (("grpc", GRPC_PORT), ("rest", REST_PORT))
    return [
        document("v1", "ConfigMap", config, data=files),
        document("apps/v1", "Deployment", name, spec=_deployment(registry, model, config, labels, options)),
        document(
            "v1",
            "Service",
            name,
            spec={
                "selector": labels,
                "ports": [{"name": each, "port": port, "targetPort": each} for each, port in ports],
            },
        ),
        # For Prometheus, which asks each pod, also those that are not ready.
        document(
            "v1",
            "Service",
            pods_service(name),
            spec={
                "clusterIP": "None",
                "publishNotReadyAddresses": True,
                "selector": labels,
                "ports": [{"name": "rest", "port": REST_PORT, "targetPort": "rest"}],
            },
        ),
        document("autoscaling/v2", "HorizontalPodAutoscaler", name, spec=_autoscaler(name, options)),
        document(
            "policy/v1",
            "PodDisruptionBudget",
            name,
            spec={"maxUnavailable": 1, "selector": {"matchLabels": labels}},
        ),
    ]


def _deployment(
    registry: Registry, model: ServedModel, config: str, labels: Mapping[str, str], options: DeploymentOptions
) -> dict[str, Any]:
    # What a model's status says while it loads is an answer too (200, LOADING); metadata is there once the version can
    # be asked (servables/tensorflow/get_model_metadata_impl.cc).
    status = f"/v1/models/{model.name}"
    ready = _probe(f"{status}/labels/{model.label}/metadata")
    mounts = [{"name": "config", "mountPath": _CONFIG, "readOnly": True}]
    volumes: list[dict[str, Any]] = [{"name": "config", "configMap": {"name": config}}]
    if not is_store(registry):
        mount = {"name": "models", "mountPath": MODELS, "readOnly": True}
        mounts.append({**mount, "subPath": options.claim_path} if options.claim_path else mount)
        volumes.append({"name": "models", **_volume(registry, options)})
    container = {
        "name": "serving",
        "image": options.image,
        "command": ["/usr/bin/tensorflow_model_server"],
        "args": server_flags(_CONFIG, poll=False),
        "ports": [{"name": "grpc", "containerPort": GRPC_PORT}, {"name": "rest", "containerPort": REST_PORT}],
        "startupProbe": {**ready, "periodSeconds": 5, "failureThreshold": _START_SECS // 5},
        "readinessProbe": {**ready, "periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": {**_probe(status), "periodSeconds": 10, "failureThreshold": 6},
        "resources": {
            "requests": {"cpu": str(options.cpus), "memory": options.memory},
            "limits": {"memory": options.memory},
        },
        # As KServe runs this image (config/runtimes/kserve-tensorflow-serving.yaml).
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "capabilities": {"drop": ["ALL"]},
        },
        # Whoever routes requests hears of a pod's end a moment after the pod does.
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "10"]}}},
        "volumeMounts": mounts,
    }
    account = {"serviceAccountName": options.service_account} if options.service_account else {}
    return {
        "selector": {"matchLabels": labels},
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": labels},
            "spec": {**account, "containers": [container], "volumes": volumes},
        },
    }


def _autoscaler(name: str, options: DeploymentOptions) -> dict[str, Any]:
    # The number of replicas is the autoscaler's to set: the Deployment names none.
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": options.min_replicas,
        "maxReplicas": options.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }


def _volume(registry: Registry, options: DeploymentOptions) -> dict[str, Any]:
    if options.claim:
        return {"persistentVolumeClaim": {"claimName": options.claim, "readOnly": True}}
    return {"hostPath": {"path": absolute(registry), "type": "Directory"}}


def _probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "rest"}, "timeoutSeconds": 5}
