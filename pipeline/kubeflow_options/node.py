"""What one node gets on Kubeflow."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from components.sections import Section
from pipeline.kubeflow_options.pools import NodeAffinity, NodePool, Toleration
from pipeline.kubeflow_options.texts import (
    EnvName,
    LabelKey,
    LabelValue,
    ObjectName,
    Quantity,
    ResourceName,
    VolumeName,
    check_volume_name,
)
from pipeline.kubeflow_options.volumes import ClaimMount, EmptyDir, EphemeralVolume, Projection

SHARED_MEMORY = "shared-memory"
SHARED_MEMORY_PATH = "/dev/shm"


class Sidecar(Section):
    """A container that runs beside the step and sees its folders of artifacts and its volumes, those with a sub_path
    left out. Kubeflow Pipelines later than 2.17."""

    image: str | None = Field(None, description="Default: the step's.")
    command: tuple[str, ...] = Field((), description="Default: the image's.")
    args: tuple[str, ...] = Field((), description="Arguments of the command.")
    env: dict[EnvName, str] = Field(default_factory=dict, description="Environment variables.")
    cpu: Quantity | None = Field(None, description="As the step's, and beside it.")
    memory: Quantity | None = Field(None, description="As the step's, and beside it.")


class NodeSettings(Section):
    """What one node gets on Kubeflow."""

    cpu: Quantity | None = Field(None, description="The most that it takes, such as 500m or 4.")
    memory: Quantity | None = Field(None, description="The most that it takes, such as 8Gi.")
    cpu_request: Quantity | None = Field(None, description="What must be free on its machine; default: `cpu`.")
    memory_request: Quantity | None = Field(None, description="What must be free on its machine; default: `memory`.")
    accelerator: ResourceName | None = Field(
        None, description="Resource name, such as nvidia.com/gpu; default: that of the pool's accelerator."
    )
    accelerator_count: int | None = Field(
        None, ge=1, description="How many of the accelerator; default: the topology's chips, or one."
    )
    pool: str | NodePool | None = Field(None, description="One of kubeflow.node_pools, or a pool of its own.")
    tolerations: tuple[Toleration, ...] = Field((), description="Beside those of the pool.")
    node_affinity: tuple[NodeAffinity, ...] = Field((), description="Machines that it needs or prefers.")
    retries: int = Field(0, ge=0, description="How often a failed or evicted node starts again; trainings go on.")
    timeout_secs: int | None = Field(None, ge=1, description="After which a pod of it is stopped; null: never.")
    env: dict[EnvName, str] = Field(default_factory=dict, description="Environment variables.")
    secrets: dict[ObjectName, Projection] = Field(default_factory=dict, description="Kubernetes Secrets by name.")
    config_maps: dict[ObjectName, Projection] = Field(default_factory=dict, description="ConfigMaps by name.")
    claims: dict[VolumeName, ClaimMount] = Field(
        default_factory=dict, description="PersistentVolumeClaims by name, such as one with the data."
    )
    ephemeral_volumes: dict[VolumeName, EphemeralVolume] = Field(
        default_factory=dict, description="Volumes that are made for each pod."
    )
    empty_dirs: dict[VolumeName, EmptyDir] = Field(default_factory=dict, description="Folders that go with the pod.")
    shared_memory: Quantity | None = Field(
        None, description="Size of /dev/shm, which counts as the step's memory; default: 64 MiB."
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="Default: Kubernetes'."
    )
    image_pull_secrets: tuple[ObjectName, ...] = Field((), description="Secrets that the image is pulled with.")
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, description="Of the pod.")
    annotations: dict[LabelKey, str] = Field(default_factory=dict, description="Of the pod.")
    sidecars: dict[VolumeName, Sidecar] = Field(
        default_factory=dict, description="Containers beside the step, such as a pool of Beam workers."
    )

    def laid_over(self, base: "NodeSettings") -> "NodeSettings":
        """These over others: key by key, and what is by name, such as `env`, name by name."""
        return base.model_copy(update={name: self._over(base, name) for name in self.model_fields_set})

    def _over(self, base: "NodeSettings", name: str) -> Any:
        value = getattr(self, name)
        return {**getattr(base, name), **value} if isinstance(value, Mapping) else value

    def volumes(self) -> Iterator[tuple[str, str]]:
        """(name, mount path) of each volume."""
        for objects in (self.secrets, self.config_maps):
            yield from ((name, each.mount_path) for name, each in objects.items() if each.mount_path is not None)
        for volumes in (self.claims, self.ephemeral_volumes, self.empty_dirs):
            yield from ((name, volume.mount_path) for name, volume in volumes.items())
        if self.shared_memory is not None:
            yield SHARED_MEMORY, SHARED_MEMORY_PATH

    def variables(self) -> Iterator[str]:
        """Names of all environment variables."""
        yield from self.env
        for objects in (self.secrets, self.config_maps):
            for each in objects.values():
                yield from each.env


def check_names(settings: NodeSettings) -> None:
    """Refuses two things of one name in a pod, of which Kubernetes would take one or none.

    Raises:
      ValueError: names the rule and what was received.
    """
    for name, _ in settings.volumes():
        check_volume_name(name)
    named = {
        "volumes must have names of their own, also those of secrets and config_maps": (
            name for name, _ in settings.volumes()
        ),
        "volumes must have mount_paths of their own": (path for _, path in settings.volumes()),
        "environment variables must have names of their own": settings.variables(),
    }
    for rule, names in named.items():
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"{rule}. Received: {', '.join(twice)} twice")


def check_accelerators(settings: NodeSettings, pool: NodePool | None) -> None:
    """Refuses accelerators that no machine of the pool has, which a step would wait for without end.

    Raises:
      ValueError: names the rule and what was received.
    """
    count = settings.accelerator_count
    resource = pool.resource if pool else None
    if resource is None or pool is None:
        if count is not None and settings.accelerator is None:
            raise ValueError(f"accelerator_count needs an accelerator, or a pool with one. Received: {count}")
        return
    if settings.accelerator not in (None, resource):
        raise ValueError(
            f"accelerator must be that of the pool, {resource}, or be left out. Received: {settings.accelerator!r}"
        )
    if count is None:
        return
    if pool.is_tpu and count != pool.most:
        raise ValueError(
            f"a step takes all TPU chips of its machine, {pool.most} of topology {pool.topology}. "
            f"Received: accelerator_count={count}"
        )
    if count > pool.most:
        why = "GPUs that pods share in turn" if pool.time_shared else f"the largest machine with {pool.accelerator}"
        raise ValueError(f"accelerator_count must be at most {pool.most}, that of {why}. Received: {count}")
