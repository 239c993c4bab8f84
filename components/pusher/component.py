"""Pusher's contract."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import CompressedModels


@component
def Pusher(  # noqa: N802 - TFX names a component after its function
    model: InputArtifact[standard_artifacts.Model],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    variants: InputArtifact[CompressedModels],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    statistics: InputArtifact[standard_artifacts.ExampleStatistics],
    model_blessing: InputArtifact[standard_artifacts.ModelBlessing],
    edge_blessing: InputArtifact[standard_artifacts.ModelBlessing],
    serving_blessing: InputArtifact[standard_artifacts.InfraBlessing],
    task_spec: Parameter[str],
    registry: Parameter[str],
    model_name: Parameter[str],
    stage: Parameter[str],
    card: Parameter[str],
    pushed_model: OutputArtifact[standard_artifacts.PushedModel],
) -> None:
    """Launches a model that every gate blessed: one version of the registry, atomically. `card` is the config's
    section."""
    from components.pusher.card_options import CardConfig
    from components.pusher.executor import push_model

    push_model(
        model=model,
        model_run=model_run,
        variants=variants,
        evaluation=evaluation,
        statistics=statistics,
        blessings={"evaluation": model_blessing, "compression": edge_blessing, "serving": serving_blessing},
        task_spec=task_spec,
        registry=registry,
        model_name=model_name,
        stage=stage,
        card=CardConfig.model_validate_json(card),
        pushed_model=pushed_model,
    )
