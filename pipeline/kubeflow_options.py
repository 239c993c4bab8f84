"""The config's section `kubeflow`."""

from typing import Literal

from pydantic import Field, model_validator

from components.sections import Section
from data.did_you_mean import did_you_mean


class NodeResources(Section):
    """What one node gets on Kubeflow."""

    cpu: str | None = Field(None, description="As Kubernetes writes it, such as 500m or 4.")
    memory: str | None = Field(None, description="As Kubernetes writes it, such as 8Gi.")
    accelerator: str | None = Field(None, description="Resource name, such as nvidia.com/gpu or google.com/tpu.")
    accelerator_count: int = Field(1, ge=1, description="How many of the accelerator.")
    pool: str | None = Field(None, description="One of kubeflow.node_pools.")
    retries: int = Field(0, ge=0, description="How often a failed or evicted node starts again; trainings go on.")


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str = Field(description="The taint's key.")
    operator: Literal["Equal", "Exists"] = Field(
        "Equal", description="Whether the taint must have the value, or only be there."
    )
    value: str | None = Field(None, description="The taint's value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="The taint's effect; null: any."
    )


class NodePool(Section):
    """Machines that a node may be put on."""

    node_selector: dict[str, str] = Field(min_length=1, description="Labels that a machine of the pool has.")
    tolerations: tuple[Toleration, ...] = Field((), description="Taints of the pool that its nodes tolerate.")


class KubeflowConfig(Section):
    """What `slipway compile` needs."""

    image: str = Field(description="The image built from the Dockerfile, with its tag.")
    pipeline_root: str = Field(description="Where artifacts go, such as gs://bucket/slipway or a mounted path.")
    service_account: str | None = Field(
        None, description="The Kubernetes ServiceAccount of a submitted run's pods; default: the backend's."
    )
    host: str | None = Field(
        None,
        description="Where `slipway submit` finds Kubeflow Pipelines, such as https://kubeflow.example.com/pipeline; "
        "default: what the KFP SDK finds.",
    )
    namespace: str | None = Field(
        None, description="The namespace of submitted runs, where Kubeflow serves several users; default: the SDK's."
    )
    node_pools: dict[str, NodePool] = Field(
        default_factory=dict, description="Machines by a name that `pool` refers to."
    )
    default: NodeResources = Field(
        default_factory=NodeResources, description="What each node gets unless `nodes` says otherwise."
    )
    nodes: dict[str, NodeResources] = Field(default_factory=dict, description="By node, such as Trainer.")

    @model_validator(mode="after")
    def _pools_exist(self) -> "KubeflowConfig":
        for name, node in {"default": self.default, **self.nodes}.items():
            if node.pool is not None and node.pool not in self.node_pools:
                raise ValueError(
                    f"nodes.{name}.pool must be one of node_pools ({', '.join(self.node_pools) or 'none is defined'}). "
                    f"Received: {node.pool!r}.{did_you_mean(node.pool, self.node_pools)}"
                )
        return self
