"""Trainings in several processes on a cluster: what they need, and what it makes of the steps."""

import json
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.errors import ConfigError
from pipeline.kubeflow import train_together
from pipeline.kubeflow.job_set import PORT
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.kubeflow_options.accelerators import TPU_RESOURCE
from pipeline.kubeflow_options.section import DIRECT

TRAINER = "Trainer"
# Whatever the strategy is, these take it up.
TRAINING_NODES = ("Tuner", TRAINER, "Compressor")
# Recipes of Compressor train by the same section of the config, each in its step's own process.
ALONE = {"cluster": {"worker": [f"localhost:{PORT}"]}, "task": {"type": "worker", "index": 0}}


def check_distribution(config: PipelineConfig, kubeflow: KubeflowConfig) -> None:
    """Refuses a training whose processes nobody would start, or that would not find their data.

    Raises:
      ConfigError: names the rule and what was received.
    """
    strategy = config.train.distribution.strategy
    if strategy == "parameter_server":
        raise ConfigError(
            "train.distribution.strategy must be one that a step starts on a cluster. Received: 'parameter_server', "
            "whose servers no step starts. Take multi_worker, with kubeflow.trainer_processes."
        )
    _check_tpus(config, kubeflow)
    if (strategy == "multi_worker") != (kubeflow.trainer_processes is not None):
        raise ConfigError(
            f"kubeflow.trainer_processes goes with train.distribution.strategy=multi_worker, which needs it on a "
            f"cluster. Received: trainer_processes={kubeflow.trainer_processes}, strategy={strategy!r}."
        )
    if strategy != "multi_worker":
        return
    if not kubeflow.pipeline_root.startswith(DIRECT):
        raise ConfigError(
            f"kubeflow.pipeline_root must be at {DIRECT} where several processes train, for the launcher brings "
            f"artifacts to the step's own pod alone, and workers read them themselves. "
            f"Received: {kubeflow.pipeline_root!r}."
        )
    if config.tune is not None:
        raise ConfigError(
            "tune goes with trainings in one process on a cluster, for only Trainer starts workers. Received: a "
            "section tune with strategy multi_worker. Tune first, and train with the values that it found."
        )


def _check_tpus(config: PipelineConfig, kubeflow: KubeflowConfig) -> None:
    """Where one trains on TPUs all do, and no TPU is asked for that TensorFlow is not told to use."""
    strategy = config.train.distribution.strategy
    resources = {node: kubeflow.resource_of(node) for node in config.node_names()}
    if strategy == "tpu":
        wrong = [node for node in TRAINING_NODES if resources.get(node, TPU_RESOURCE) != TPU_RESOURCE]
    else:
        wrong = [node for node, resource in resources.items() if resource == TPU_RESOURCE]
    if wrong:
        raise ConfigError(
            f"With train.distribution.strategy=tpu {', '.join(TRAINING_NODES)} must each have a TPU, such as by pool: "
            f"{{accelerator: tpu-v5e, topology: 2x2}}; with any other strategy none may, for nothing would compute on "
            f"it. Received: strategy={strategy!r}, {', '.join(f'{node} with {resources[node]}' for node in wrong)}."
        )


def distribute(node: str, container: dict[str, Any], platform: dict[str, Any], processes: int) -> None:
    """Makes Trainer start workers, and lets what else trains do so alone.

    Args:
      node: name of the node.
      container: the node's container in the pipeline spec, which is changed.
      platform: the node's KubernetesExecutorConfig, which is changed.
      processes: how many train together.
    """
    if node == TRAINER:
        start = ["python", "-m", train_together.__name__, str(processes)]
        container["command"] = [*start, *container["command"]]
        platform["fieldPathAsEnv"] = [{"name": "POD_NAMESPACE", "fieldPath": "metadata.namespace"}]
    elif node == "Compressor":
        container["env"] = [*container.get("env", []), {"name": "TF_CONFIG", "value": json.dumps(ALONE)}]
