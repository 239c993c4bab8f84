"""EdgeEvaluator's contract."""

import apache_beam as beam
from tfx.dsl.component.experimental.annotations import (
    BeamComponentParameter,
    InputArtifact,
    OutputArtifact,
    Parameter,
)
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.artifacts import CompressedModels


@component(use_beam=True)
def EdgeEvaluator(  # noqa: N802 - TFX names a component after its function
    variants: InputArtifact[CompressedModels],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    examples: InputArtifact[standard_artifacts.Examples],
    transform_graph: InputArtifact[standard_artifacts.TransformGraph],
    task_spec: Parameter[str],
    compress: Parameter[str],
    measuring: Parameter[str],
    evaluation: OutputArtifact[standard_artifacts.ModelEvaluation],
    blessing: OutputArtifact[standard_artifacts.ModelBlessing],
    beam_pipeline: BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """TFMA over what each converted file itself predicts, against `compress.gates` and the float32 file; `compress` is
    the JSON of `EdgeEvaluatorOptions`, `measuring` that of `Measuring`, out of `evaluate`."""
    from components.edge_evaluator.executor import evaluate_variants
    from components.edge_evaluator.options import EdgeEvaluatorOptions
    from components.evaluator.options import Measuring

    evaluate_variants(
        variants=variants,
        model_run=model_run,
        examples=examples,
        transform_graph=transform_graph,
        task_spec=task_spec,
        compress=EdgeEvaluatorOptions.model_validate_json(compress),
        measuring=Measuring.model_validate_json(measuring),
        evaluation=evaluation,
        blessing=blessing,
        pipeline=beam_pipeline,
    )
