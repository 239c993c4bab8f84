"""ServingCheck's contract."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import CompressedModels


@component
def ServingCheck(  # noqa: N802 - TFX names a component after its function
    model: InputArtifact[standard_artifacts.Model],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    variants: InputArtifact[CompressedModels],
    edge_evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    examples: InputArtifact[standard_artifacts.Examples],
    transform_graph: InputArtifact[standard_artifacts.TransformGraph],
    task_spec: Parameter[str],
    serving_check: Parameter[str],
    blessing: OutputArtifact[standard_artifacts.InfraBlessing],
) -> None:
    """Loads the SavedModel and the TFLite files that ship as clients would; `serving_check` is the config's section."""
    from components.gates import refuse_if_failed
    from components.serving_check.executor import check_serving
    from components.serving_check.options import ServingCheckConfig
    from records.findings import read_findings
    from records.shipment import read_shipment

    refuse_if_failed(read_findings(edge_evaluation.uri))
    check_serving(
        model=model,
        model_run=model_run,
        variants=variants,
        examples=examples,
        transform_graph=transform_graph,
        task_spec=task_spec,
        serving_check=ServingCheckConfig.model_validate_json(serving_check),
        shipment=read_shipment(edge_evaluation.uri),
        blessing=blessing,
    )
