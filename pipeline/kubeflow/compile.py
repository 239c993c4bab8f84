"""A pipeline as a Kubeflow Pipelines v2 file: the pipeline document and its Kubernetes settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kfp.pipeline_spec import pipeline_spec_pb2
from kubernetes.utils.quantity import parse_quantity
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
from tfx.orchestration.pipeline import Pipeline

from data.errors import SourceNotFoundError
from pipeline.config import PipelineConfig, load_task
from pipeline.dag import create_pipeline
from pipeline.errors import ConfigError
from pipeline.kubeflow import step
from pipeline.kubeflow_options import KubeflowConfig, NodeResources
from pipeline.places import Places

ResourceSpec = pipeline_spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec
BYTES_PER_GB = 10**9
# Of every step; the Dockerfile has the same as the image's entry point.
COMMAND = ("python", "-m", step.__name__)


def compile_pipeline(config: PipelineConfig, kubeflow: KubeflowConfig) -> list[dict[str, Any]]:
    """The documents of the pipeline's file.

    Args:
      config: the pipeline's.
      kubeflow: its section of that name, which a config need not have.

    Returns:
      The pipeline spec (schema 2.1.0, what the open-source backend accepts), and the platform spec where the config
      puts nodes on node pools.

    Raises:
      ConfigError: a quantity that Kubernetes would not read.
    """
    pipeline = create_pipeline(
        config,
        Places(
            pipeline_root=kubeflow.pipeline_root,
            registry=config.push.registry or f"{kubeflow.pipeline_root.rstrip('/')}/registry",
            workspaces=f"{kubeflow.pipeline_root.rstrip('/')}/workspaces",
            fingerprint=_fingerprint(config),
            start=config.start.resolve() if config.start else None,
        ),
    )
    # Kubeflow's names of pipelines have no underscores; the model keeps its own.
    pipeline.pipeline_info.pipeline_name = config.name.replace("_", "-")
    resources = node_resources(kubeflow, [node.id for node in pipeline.components])
    for node in pipeline.components:
        node.with_platform_config(resource_spec(resources[node.id]))
    platform = platform_spec(kubeflow, resources)
    spec = _pipeline_spec(pipeline, kubeflow.image)
    for node, wanted in resources.items():
        if wanted.retries:
            spec["root"]["dag"]["tasks"][node]["retryPolicy"] = {"maxRetryCount": wanted.retries}
    return [spec, *([platform] if platform else [])]


def write_documents(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes the file, whole or not at all; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(yaml.safe_dump_all(documents, sort_keys=True))
    partial.replace(path)


def node_resources(kubeflow: KubeflowConfig, nodes: list[str]) -> dict[str, NodeResources]:
    """The resources of each node: `kubeflow.default`, overridden key by key by `kubeflow.nodes`."""
    return {
        node: kubeflow.default.model_copy(update=_set_fields(kubeflow.nodes[node]) if node in kubeflow.nodes else {})
        for node in nodes
    }


def resource_spec(resources: NodeResources) -> Any:
    """Kubernetes quantities as KFP's ResourceSpec: cores, and memory in gigabytes of 10^9 bytes.

    Raises:
      ConfigError: a quantity that Kubernetes would not read.
    """
    spec = ResourceSpec()
    if resources.cpu is not None:
        spec.cpu_limit = _quantity("cpu", resources.cpu)
    if resources.memory is not None:
        spec.memory_limit = _quantity("memory", resources.memory) / BYTES_PER_GB
    if resources.accelerator is not None:
        spec.accelerator.type = resources.accelerator
        spec.accelerator.count = resources.accelerator_count
    return spec


def platform_spec(kubeflow: KubeflowConfig, resources: Mapping[str, NodeResources]) -> dict[str, Any] | None:
    """Node selectors and tolerations, which the pipeline spec has no place for; None where no node is on a pool."""
    executors = {}
    for node, wanted in resources.items():
        if wanted.pool is not None:
            pool = kubeflow.node_pools[wanted.pool]
            executors[f"{node}_executor"] = {
                "nodeSelector": {"labels": dict(pool.node_selector)},
                "tolerations": [toleration.model_dump(exclude_none=True) for toleration in pool.tolerations],
            }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}} if executors else None


def _set_fields(resources: NodeResources) -> dict[str, Any]:
    return {name: getattr(resources, name) for name in resources.model_fields_set}


def _quantity(name: str, text: str) -> float:
    try:
        return float(parse_quantity(text))
    except ValueError:
        raise ConfigError(
            f"{name} must be a quantity as Kubernetes writes it, such as 500m, 4 or 16Gi. Received: {text!r}."
        ) from None


def _fingerprint(config: PipelineConfig) -> str:
    """The data's, where this machine sees the data; the cluster may be the only one that does."""
    try:
        return load_task(config).source().fingerprint()
    except SourceNotFoundError:
        return ""


def _pipeline_spec(pipeline: Pipeline, image: str) -> dict[str, Any]:
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        config=kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=image, default_commands=list(COMMAND), use_pipeline_spec_2_1=True
        )
    )
    return runner.run(pipeline, write_out=False)["pipelineSpec"]
