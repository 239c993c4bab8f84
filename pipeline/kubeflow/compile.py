"""A pipeline as a Kubeflow Pipelines v2 file: the pipeline document and its Kubernetes settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
from tfx.orchestration.pipeline import Pipeline

from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline
from pipeline.kubeflow import step
from pipeline.kubeflow.compiled_run import run_variable
from pipeline.kubeflow.distribution import check_distribution, distribute
from pipeline.kubeflow.engine import check_engine
from pipeline.kubeflow.places import cluster_places
from pipeline.kubeflow.platform_spec import executor_config, platform_spec
from pipeline.kubeflow.resources import resource_spec
from pipeline.kubeflow.retries import retry_policy
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.kubeflow_options.node import NodeSettings

# Of every step; the Dockerfile has the same as the image's entry point.
COMMAND = ("python", "-m", step.__name__)


def compile_pipeline(config: PipelineConfig, kubeflow: KubeflowConfig) -> list[dict[str, Any]]:
    """The documents of the pipeline's file.

    Args:
      config: the pipeline's.
      kubeflow: its section of that name, which a config need not have.

    Returns:
      The pipeline spec (schema 2.1.0, what the open-source backend accepts), and the platform spec where the config
      says something that it has the place for.

    Raises:
      ConfigError: what the config asks for, no pod could have, or no step would find.
    """
    check_distribution(config, kubeflow)
    check_engine(config.beam, kubeflow)
    pipeline = create_pipeline(config, cluster_places(config, kubeflow))
    # Kubeflow's names of pipelines have no underscores; the model keeps its own.
    pipeline.pipeline_info.pipeline_name = config.name.replace("_", "-")
    settings = {node.id: kubeflow.settings_of(node.id) for node in pipeline.components}
    pools = {node: kubeflow.pool_of(each) for node, each in settings.items()}
    for node in pipeline.components:
        node.with_platform_config(resource_spec(node.id, settings[node.id], pools[node.id]))
    spec = _pipeline_spec(pipeline, kubeflow, settings)
    variable = run_variable(config, pipeline)
    configs = {}
    for node, each in settings.items():
        label = _executor_label(spec, node)
        container = spec["deploymentSpec"]["executors"][label]["container"]
        container["env"] = [*container.get("env", []), variable]
        configs[label] = executor_config(each, pools[node], image=kubeflow.image)
        if kubeflow.trainer_processes is not None:
            distribute(node, container, configs[label], kubeflow.trainer_processes)
    platform = platform_spec(configs)
    return [spec, *([platform] if platform else [])]


def write_documents(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes the file, whole or not at all; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(yaml.safe_dump_all(documents, sort_keys=True))
    partial.replace(path)


def _pipeline_spec(
    pipeline: Pipeline, kubeflow: KubeflowConfig, settings: Mapping[str, NodeSettings]
) -> dict[str, Any]:
    """What TFX compiles, with what its compiler knows nothing of."""
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        config=kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=kubeflow.image, default_commands=list(COMMAND), use_pipeline_spec_2_1=True
        )
    )
    spec = runner.run(pipeline, write_out=False)["pipelineSpec"]
    # The Pipelines page offers it; the backend itself takes the root that comes with a run.
    spec["defaultPipelineRoot"] = kubeflow.pipeline_root
    # As KFP's own compiler calls them, for kfp.local takes that prefix off whatever it finds there.
    spec["components"] = {_component_name(name): component for name, component in spec["components"].items()}
    for node, task in spec["root"]["dag"]["tasks"].items():
        task["componentRef"]["name"] = _component_name(task["componentRef"]["name"])
        if settings[node].retries:
            task["retryPolicy"] = retry_policy(settings[node].retries)
        if settings[node].env:
            container = spec["deploymentSpec"]["executors"][_executor_label(spec, node)]["container"]
            container["env"] = [{"name": name, "value": value} for name, value in settings[node].env.items()]
    return spec


def _component_name(node: str) -> str:
    return f"comp-{node.lower()}"


def _executor_label(spec: Mapping[str, Any], node: str) -> str:
    return spec["components"][spec["root"]["dag"]["tasks"][node]["componentRef"]["name"]]["executorLabel"]
