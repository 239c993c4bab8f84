"""The section as a whole."""

import re

from pydantic import Field, field_validator, model_validator

from components.sections import Section
from data.did_you_mean import did_you_mean
from pipeline.kubeflow_options.node import NodeSettings, check_accelerators, check_names
from pipeline.kubeflow_options.pools import NodePool
from pipeline.kubeflow_options.texts import ObjectName
from pipeline.kubeflow_options.volumes import ClaimMount, Storage

# What Kubeflow's launcher stages artifacts from and to (kubeflow/pipelines 2.17.0,
# backend/src/v2/component/launcher_v2.go:1239).
SCHEMES = ("gs://", "s3://", "minio://")
# The one of them that TensorFlow reads and writes by itself.
DIRECT = "gs://"
# What reads or writes the registry or the statistics of passed data, and what keeps a workspace; Tuner and Trainer also
# read a model to start from.
STORAGE_NODES = ("DataGate", "Tuner", "Trainer", "Baseline", "Compressor", "Pusher", "BulkInferrer")


class KubeflowConfig(Section):
    """What `slipway compile` needs."""

    image: str = Field(description="The image built from the Dockerfile, with its tag.")
    pipeline_root: str = Field(description="Where artifacts go, such as gs://bucket/slipway or minio://bucket/slipway.")
    storage: Storage | None = Field(
        None,
        description="A volume for the registry, the statistics of data that passed and what a killed training goes on "
        "from; default: below pipeline_root, if that is gs://.",
    )
    service_account: ObjectName | None = Field(
        None, description="The Kubernetes ServiceAccount of a submitted run's pods; default: the backend's."
    )
    host: str | None = Field(
        None,
        description="Where `slipway submit` finds Kubeflow Pipelines, such as https://kubeflow.example.com/pipeline; "
        "default: what the KFP SDK finds.",
    )
    namespace: ObjectName | None = Field(
        None, description="The namespace of submitted runs, where Kubeflow serves several users; default: the SDK's."
    )
    trainer_processes: int | None = Field(
        None,
        ge=2,
        description="How many pods train together, with train.distribution.strategy=multi_worker; Trainer starts those "
        "beside its own as a JobSet, and all of them get what it gets.",
    )
    node_pools: dict[str, NodePool] = Field(
        default_factory=dict, description="Machines by a name that `pool` refers to."
    )
    default: NodeSettings = Field(
        default_factory=NodeSettings, description="What each node gets unless `nodes` says otherwise."
    )
    nodes: dict[str, NodeSettings] = Field(default_factory=dict, description="By node, such as Trainer.")

    @field_validator("pipeline_root")
    @classmethod
    def _root_is_staged(cls, root: str) -> str:
        if not re.fullmatch(rf"({'|'.join(SCHEMES)})[^/].*", root):
            raise ValueError(
                f"must be a bucket, and a folder in it, at {', '.join(SCHEMES)}: what Kubeflow's launcher brings "
                f"artifacts from and to. Received: {root!r}"
            )
        return root

    @model_validator(mode="after")
    def _storage_is_somewhere(self) -> "KubeflowConfig":
        if self.storage is None and not self.pipeline_root.startswith(DIRECT):
            raise ValueError(
                f"storage is required where pipeline_root is not {DIRECT}: the registry and the workspaces of "
                f"trainings are no artifacts, which the launcher would bring there. Received: pipeline_root "
                f"{self.pipeline_root!r} without it. Name a PersistentVolumeClaim that the image's user can write to, "
                f"such as storage: {{claim: slipway, mount_path: /mnt/slipway}}"
            )
        return self

    @model_validator(mode="after")
    def _nodes_fit(self) -> "KubeflowConfig":
        # The default alone first, so that its mistakes are not said to be a node's.
        for node in (None, *dict.fromkeys((*self.nodes, *STORAGE_NODES))):
            try:
                settings = self.default if node is None else self.settings_of(node)
                check_accelerators(settings, self.pool_of(settings))
                check_names(settings)
            except ValueError as error:
                raise ValueError(f"{f'nodes.{node}' if node else 'default'}: {error}") from None
        return self

    def settings_of(self, node: str) -> NodeSettings:
        """What a node gets: `default`, what `nodes` says of it, and the storage if it uses that.

        Raises:
          ValueError: the node has the storage's claim already, elsewhere.
        """
        settings = self.nodes[node].laid_over(self.default) if node in self.nodes else self.default
        if self.storage is None or node not in STORAGE_NODES:
            return settings
        mount = ClaimMount(mount_path=self.storage.mount_path, sub_path=self.storage.sub_path)
        claim = self.storage.claim
        if (other := settings.claims.get(claim, mount)) != mount:
            raise ValueError(
                f"a claim is mounted once, and {claim} is the storage's, at {mount.mount_path}. Received: "
                f"claims.{claim} at {other.mount_path}. Mount it as the storage is, or take another claim"
            )
        return settings.model_copy(update={"claims": {**settings.claims, claim: mount}})

    def pool_of(self, settings: NodeSettings) -> NodePool | None:
        """The pool of a node's settings, if any.

        Raises:
          ValueError: `node_pools` has none of that name.
        """
        pool = settings.pool
        if pool is None or isinstance(pool, NodePool):
            return pool
        if pool not in self.node_pools:
            raise ValueError(
                f"pool must be one of node_pools ({', '.join(self.node_pools) or 'none is defined'}). "
                f"Received: {pool!r}.{did_you_mean(pool, self.node_pools)}"
            )
        return self.node_pools[pool]

    def resource_of(self, node: str) -> str | None:
        """The Kubernetes resource of a node's accelerators, such as google.com/tpu; None where it has none."""
        settings = self.settings_of(node)
        pool = self.pool_of(settings)
        return settings.accelerator or (pool.resource if pool else None)
