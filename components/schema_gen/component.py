"""SchemaGen's contract."""

from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component
def SchemaGen(  # noqa: N802 - TFX names a component after its function
    task_spec: Parameter[str],
    schema: OutputArtifact[standard_artifacts.Schema],
) -> None:
    """Writes the task's curated schema: one that is inferred from the data could find nothing wrong with the data."""
    from components.schema_gen.executor import write_schema

    write_schema(task_spec=task_spec, uri=schema.uri)
