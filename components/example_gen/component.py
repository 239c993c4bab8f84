"""ExampleGen's contract."""

import apache_beam as beam
from tfx.dsl.component.experimental.annotations import BeamComponentParameter, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component(use_beam=True)
def ExampleGen(  # noqa: N802 - TFX names a component after its function
    task_spec: Parameter[str],
    fingerprint: Parameter[str],
    examples: OutputArtifact[standard_artifacts.Examples],
    beam_pipeline: BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Reads the task's source into the splits train, eval and test; with another `fingerprint` of the data, anew."""
    from components.example_gen.executor import generate

    generate(task_spec=task_spec, examples=examples, pipeline=beam_pipeline)
