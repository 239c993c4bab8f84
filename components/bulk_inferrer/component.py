"""BulkInferrer's contract."""

import apache_beam as beam
from tfx.dsl.component.experimental.annotations import (
    BeamComponentParameter,
    InputArtifact,
    OutputArtifact,
    Parameter,
)
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component(use_beam=True)
def BulkInferrer(  # noqa: N802 - TFX names a component after its function
    pushed_model: InputArtifact[standard_artifacts.PushedModel],
    model_run: InputArtifact[standard_artifacts.ModelRun],
    task_spec: Parameter[str],
    predict: Parameter[str],
    fingerprint: Parameter[str],
    inference_result: OutputArtifact[standard_artifacts.InferenceResult],
    beam_pipeline: BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Writes the predictions of the version that was pushed for the examples that `predict`, the config's section,
    names; with another `fingerprint` of these, anew."""
    from components.bulk_inferrer.executor import write_predictions
    from components.bulk_inferrer.options import PredictConfig
    from components.trained_spec import trained_spec
    from records.properties import PUSHED_DESTINATION

    config = PredictConfig.model_validate_json(predict)
    write_predictions(
        task_spec=trained_spec(task_spec, model_run.uri).model_dump_json(),
        version=pushed_model.get_string_custom_property(PUSHED_DESTINATION),
        variant=config.variant,
        splits=config.splits,
        uri=inference_result.uri,
        pipeline=beam_pipeline,
    )
