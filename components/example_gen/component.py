"""ExampleGen's contract."""

import apache_beam as beam
from tfx.dsl.component.experimental.annotations import BeamComponentParameter, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component(use_beam=True)
def ExampleGen(  # noqa: N802 - TFX names a component after its function
    task_spec: Parameter[str],
    fingerprint: Parameter[str],
    code: Parameter[str],
    examples: OutputArtifact[standard_artifacts.Examples],
    beam_pipeline: BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Reads the task's source into the splits train, eval and test.

    `fingerprint` (of the data) and `code` (of what reads it) make the step run again when they change.
    """
    from components.example_gen.executor import generate

    generate(task_spec=task_spec, examples=examples, pipeline=beam_pipeline)
