"""Baseline's contract."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component
def Baseline(  # noqa: N802 - TFX names a component after its function
    model: InputArtifact[standard_artifacts.Model],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    task_spec: Parameter[str],
    registry: Parameter[str],
    model_name: Parameter[str],
    baseline: OutputArtifact[standard_artifacts.Model],
) -> None:
    """Copies the version that holds `production` in the registry, if `model`, the new one, can be compared with it.

    What a model is compared with is decided once, so that pushing it does not make the next, unchanged run evaluate and
    push it again, as TFX's Resolver does: `model` is in the cache key.
    """
    from components.baseline.executor import copy_production

    copy_production(
        model=model,
        model_run=model_run,
        task_spec=task_spec,
        registry=registry,
        model_name=model_name,
        baseline=baseline,
    )
