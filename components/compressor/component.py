"""Compressor's contract."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import CompressedModels


@component
def Compressor(  # noqa: N802 - TFX names a component after its function
    model_run: InputArtifact[standard_artifacts.ModelRun],
    transformed_examples: InputArtifact[standard_artifacts.Examples],
    transform_graph: InputArtifact[standard_artifacts.TransformGraph],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    task_spec: Parameter[str],
    compress: Parameter[str],
    train: Parameter[str],
    seed: Parameter[int],
    workspaces: Parameter[str],
    variants: OutputArtifact[CompressedModels],
    code: Parameter[str] = "",
) -> None:
    """Writes TFLite variants of a model that the evaluation gate let pass; `compress` is the JSON of
    `CompressorOptions`, `train` that of the config's section; `workspaces` is where a killed training goes on from,
    with the same `code`."""
    from components.compressor.executor import compress_model
    from components.compressor.options import CompressorOptions
    from components.gates import refuse_if_failed
    from records.findings import read_findings
    from training.options import TrainOptions

    refuse_if_failed(read_findings(evaluation.uri))
    compress_model(
        model_run=model_run,
        transformed_examples=transformed_examples,
        transform_graph=transform_graph,
        task_spec=task_spec,
        code=code,
        compress=CompressorOptions.model_validate_json(compress),
        train=TrainOptions.model_validate_json(train),
        seed=seed,
        workspaces=workspaces,
        uri=variants.uri,
    )
