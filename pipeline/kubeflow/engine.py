"""What a Beam engine needs where the steps are on a cluster."""

from pipeline.beam.environments import External
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError
from pipeline.kubeflow_options import KubeflowConfig
from pipeline.kubeflow_options.section import DIRECT


def check_engine(beam: BeamConfig, kubeflow: KubeflowConfig) -> None:
    """Refuses workers outside a step's pod where they would not see its artifacts.

    Raises:
      ConfigError: names the rule and what was received.
    """
    if _is_in_the_pod(beam) or kubeflow.pipeline_root.startswith(DIRECT):
        return
    raise ConfigError(
        f"kubeflow.pipeline_root must be at {DIRECT} where the workers of beam.engine {beam.engine} are outside a "
        f"step's pod: the launcher brings artifacts to that pod alone, and workers read and write them themselves. "
        f"Received: {kubeflow.pipeline_root!r}. Or take engine direct, or one beside the step, at localhost."
    )


def _is_in_the_pod(beam: BeamConfig) -> bool:
    return beam.is_local and (not isinstance(beam.environment, External) or beam.environment.is_beside)
