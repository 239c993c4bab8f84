"""The section `kubeflow` of a config, of which the commands for a cluster need one."""

from pathlib import Path

from pipeline.config import PipelineConfig
from pipeline.errors import ConfigError
from pipeline.kubeflow_options import KubeflowConfig


def kubeflow_section(config: PipelineConfig, path: Path) -> KubeflowConfig:
    """The section.

    Args:
      config: checked.
      path: where it came from.

    Raises:
      ConfigError: it has none.
    """
    if config.kubeflow is None:
        raise ConfigError(
            f"compiling needs the section kubeflow, with image and pipeline_root at least. Received: {path} without "
            f"it. Add it; pipeline/configs/digits.yaml has one."
        )
    return config.kubeflow
