"""The platform document: what Kubernetes needs to know of each step, for which the pipeline document has no place.

Its keys are those of KFP's `KubernetesExecutorConfig` (kubeflow/pipelines 2.17.0,
kubernetes_platform/proto/kubernetes_executor_config.proto), as far as the backend's driver heeds them
(backend/src/v2/driver/k8s.go:152): it passes over `enabledSharedMemory` and `podAffinity`. Names of objects are under
the keys that all releases read, which later ones call deprecated. A key that a release does not know ends a run before
its first step.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.kubeflow_options.node import SHARED_MEMORY, SHARED_MEMORY_PATH, NodeSettings, Sidecar
from pipeline.kubeflow_options.pools import NodeAffinity, NodePool, Toleration
from pipeline.kubeflow_options.volumes import EmptyDir, EphemeralVolume, Projection

# Where the launcher brings artifacts, in volumes of these names (argocompiler/container.go:59).
STAGING = {"gcs-scratch": "/gcs", "s3-scratch": "/s3", "minio-scratch": "/minio"}


def platform_spec(executors: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The document; None where it would say nothing.

    Args:
      executors: configuration by executor label, as `executor_config` makes it.
    """
    said = {label: config for label, config in executors.items() if config}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": said}}}} if said else None


def executor_config(settings: NodeSettings, pool: NodePool | None, *, image: str) -> dict[str, Any]:
    """One node's KubernetesExecutorConfig, as JSON.

    Args:
      settings: the node's.
      pool: machines that it is put on, if any.
      image: the step's, which sidecars without one of their own run too.
    """
    return {key: value for key, value in _entries(settings, pool, image) if value}


def _entries(settings: NodeSettings, pool: NodePool | None, image: str) -> Iterator[tuple[str, Any]]:
    """Each key with its value, whose truth says whether it belongs into the document."""
    tolerations = (*(pool.all_tolerations() if pool else ()), *settings.tolerations)
    labels = pool.labels() if pool else {}
    yield "nodeSelector", {"labels": labels} if labels else None
    yield "tolerations", [_toleration(each) for each in dict.fromkeys(tolerations)]
    yield "nodeAffinity", [_node_affinity(each) for each in settings.node_affinity]
    yield "activeDeadlineSeconds", settings.timeout_secs
    yield "secretAsEnv", list(_as_env(settings.secrets, "secretName", "secretKey"))
    yield "secretAsVolume", list(_as_volume(settings.secrets, "secretName"))
    yield "configMapAsEnv", list(_as_env(settings.config_maps, "configMapName", "configMapKey"))
    yield "configMapAsVolume", list(_as_volume(settings.config_maps, "configMapName"))
    yield (
        "pvcMount",
        [
            {"constant": name, "mountPath": mount.mount_path} | ({"subPath": mount.sub_path} if mount.sub_path else {})
            for name, mount in settings.claims.items()
        ],
    )
    yield "genericEphemeralVolume", [_ephemeral(*volume) for volume in settings.ephemeral_volumes.items()]
    yield "emptyDirMounts", [_empty_dir(*volume) for volume in _empty_dirs(settings).items()]
    yield "imagePullPolicy", settings.image_pull_policy
    yield "imagePullSecret", [{"secretName": name} for name in settings.image_pull_secrets]
    metadata = {"labels": settings.labels, "annotations": settings.annotations}
    yield "podMetadata", {key: dict(values) for key, values in metadata.items() if values}
    mounts = _sidecar_mounts(settings)
    yield "initContainers", [_sidecar(*each, image=image, mounts=mounts) for each in settings.sidecars.items()]


def _toleration(toleration: Toleration) -> dict[str, Any]:
    fields = toleration.model_dump(exclude_none=True)
    seconds = fields.pop("toleration_secs", None)
    return fields | ({} if seconds is None else {"tolerationSeconds": seconds})


def _node_affinity(affinity: NodeAffinity) -> dict[str, Any]:
    requirements = [each.model_dump(mode="json", exclude_defaults=True) for each in affinity.match]
    term = {"matchExpressions": [{"operator": "In", **each} for each in requirements]}
    return term if affinity.weight is None else {**term, "weight": affinity.weight}


def _as_env(objects: Mapping[str, Projection], name_key: str, key_key: str) -> Iterator[dict[str, Any]]:
    for name, each in objects.items():
        if each.env:
            keys = [{key_key: key, "envVar": variable} for variable, key in each.env.items()]
            yield {name_key: name, "keyToEnv": keys, "optional": each.optional}


def _as_volume(objects: Mapping[str, Projection], name_key: str) -> Iterator[dict[str, Any]]:
    for name, each in objects.items():
        if each.mount_path is not None:
            yield {name_key: name, "mountPath": each.mount_path, "optional": each.optional}


def _ephemeral(name: str, volume: EphemeralVolume) -> dict[str, Any]:
    return {
        "volumeName": name,
        "mountPath": volume.mount_path,
        "accessModes": [volume.access_mode],
        "size": volume.size,
        **({"storageClassName": volume.storage_class} if volume.storage_class else {"defaultStorageClass": True}),
    }


def _empty_dirs(settings: NodeSettings) -> dict[str, EmptyDir]:
    if settings.shared_memory is None:
        return settings.empty_dirs
    memory = EmptyDir(mount_path=SHARED_MEMORY_PATH, size=settings.shared_memory, in_memory=True)
    return {**settings.empty_dirs, SHARED_MEMORY: memory}


def _empty_dir(name: str, volume: EmptyDir) -> dict[str, Any]:
    made = {"volumeName": name, "mountPath": volume.mount_path}
    made |= {"medium": "Memory"} if volume.in_memory else {}
    return made | ({"sizeLimit": volume.size} if volume.size else {})


def _sidecar_mounts(settings: NodeSettings) -> list[dict[str, str]]:
    paths = {
        **STAGING,
        **{name: claim.mount_path for name, claim in settings.claims.items() if not claim.sub_path},
        **{name: volume.mount_path for name, volume in settings.ephemeral_volumes.items()},
        **{name: volume.mount_path for name, volume in _empty_dirs(settings).items()},
    }
    return [{"volumeName": name, "mountPath": path} for name, path in paths.items()]


def _sidecar(name: str, sidecar: Sidecar, *, image: str, mounts: list[dict[str, str]]) -> dict[str, Any]:
    resources = {key: value for key, value in (("cpu", sidecar.cpu), ("memory", sidecar.memory)) if value}
    given = {
        "command": list(sidecar.command),
        "args": list(sidecar.args),
        "env": [{"name": variable, "value": value} for variable, value in sidecar.env.items()],
        "resources": {"limits": resources} if resources else None,
    }
    return {
        "name": name,
        "image": sidecar.image or image,
        "restartPolicy": "Always",
        "volumeMounts": mounts,
        **{key: value for key, value in given.items() if value},
    }
