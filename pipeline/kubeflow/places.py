"""Where a compiled pipeline's things are."""

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from data.errors import SourceNotFoundError
from pipeline.config import PipelineConfig, load_task
from pipeline.errors import ConfigError
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.kubeflow_options.section import DIRECT
from pipeline.places import Places

# What reads or writes the registry.
REGISTRY_NODES = ("Baseline", "Pusher", "BulkInferrer")


def cluster_places(config: PipelineConfig, kubeflow: KubeflowConfig) -> Places:
    """The places of a run on a cluster.

    The registry, the workspaces and the statistics of passed data are no artifacts, which the launcher would bring to
    and from a bucket: steps read and write them where they are, on the storage or at gs://.

    Args:
      config: the pipeline's.
      kubeflow: its section of that name.

    Raises:
      ConfigError: the config names a registry that no step would find.
      SchemaError: the schema's file cannot be read.
    """
    base = kubeflow.storage.mount_path if kubeflow.storage else kubeflow.pipeline_root.rstrip("/")
    if config.push.registry is not None:
        _check_registry(
            config.push.registry, kubeflow, [node for node in REGISTRY_NODES if node in config.node_names()]
        )
    return Places(
        pipeline_root=kubeflow.pipeline_root,
        registry=config.push.registry or f"{base}/registry",
        workspaces=f"{base}/workspaces",
        passed_data=f"{base}/passed_data/{config.name}",
        fingerprint=_fingerprint(load_task(config).source().fingerprint),
        start=config.start.resolve() if config.start else None,
        schema=config.curated_schema(),
        predict_fingerprint=_fingerprint(config.predict_spec().load().source().fingerprint) if config.predict else "",
        logs_fingerprint=_fingerprint(config.logs_fingerprint),
    )


def _check_registry(registry: str, kubeflow: KubeflowConfig, nodes: Sequence[str]) -> None:
    for node in nodes:
        mounts = [mount.mount_path for mount in kubeflow.settings_of(node).claims.values()]
        if not registry.startswith(DIRECT) and not any(PurePosixPath(registry).is_relative_to(path) for path in mounts):
            raise ConfigError(
                f"push.registry must be at {DIRECT} or on a claim that {' and '.join(nodes)} mount, for no "
                f"other place outlives their pods. Received: {registry}, and {node} mounts "
                f"{', '.join(mounts) or 'none'}. Leave it out, and the registry is below kubeflow.storage or "
                f"kubeflow.pipeline_root; or mount its claim by kubeflow.default.claims."
            )


def _fingerprint(of: Callable[[], str]) -> str:
    """Data's, where this machine sees the data; the cluster may be the only one that does."""
    try:
        return of()
    except SourceNotFoundError:
        return ""
