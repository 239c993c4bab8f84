"""What a step finds on its file system and in its environment beside the image's."""

from typing import Literal

from pydantic import Field, model_validator

from components.sections import Section
from pipeline.kubeflow_options.texts import EnvName, MountPath, ObjectName, Quantity, SubPath, VolumeName


class ClaimMount(Section):
    """Where a step sees a PersistentVolumeClaim."""

    mount_path: MountPath = Field(description="Where the step sees it.")
    sub_path: SubPath = Field("", description="Folder of the volume that is mounted; default: all of it.")


class Storage(ClaimMount):
    """A claim for what outlives a run and is no artifact: the registry, and what a killed training goes on from."""

    claim: VolumeName = Field(description="The PersistentVolumeClaim, writable by the image's user.")


class Projection(Section):
    """How a step gets a Secret or a ConfigMap, which must be in the run's namespace."""

    env: dict[EnvName, str] = Field(default_factory=dict, description="Its keys by environment variable.")
    mount_path: MountPath | None = Field(None, description="Where the step sees it, a file a key.")
    optional: bool = Field(False, description="Whether the step starts without it.")

    @model_validator(mode="after")
    def _is_seen(self) -> "Projection":
        if not self.env and self.mount_path is None:
            raise ValueError("env or mount_path must say how the step gets it. Received: neither")
        return self


class EphemeralVolume(Section):
    """A volume that is made for each pod of a step, and goes with it."""

    mount_path: MountPath = Field(description="Where the step sees it.")
    size: Quantity = Field(description="As Kubernetes writes it, such as 100Gi.")
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] = Field(
        "ReadWriteOnce", description="As Kubernetes'."
    )
    storage_class: ObjectName | None = Field(None, description="Default: the cluster's.")


class EmptyDir(Section):
    """A folder on the machine's disk, or in its memory, that goes with the pod."""

    mount_path: MountPath = Field(description="Where the step sees it.")
    size: Quantity | None = Field(None, description="As Kubernetes writes it; default: no limit of its own.")
    in_memory: bool = Field(False, description="Whether it is memory, which counts as the step's.")
