"""SchemaGen's contract."""

from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts


@component
def SchemaGen(  # noqa: N802 - TFX names a component after its function
    task_spec: Parameter[str],
    curated: Parameter[str],
    schema: OutputArtifact[standard_artifacts.Schema],
) -> None:
    """Writes the task's schema, or the one in `curated`, a schema's text, where that is not empty.

    Neither is inferred from the data, for such a schema could find nothing wrong with the data."""
    from components.schema_gen.executor import write_schema

    write_schema(task_spec=task_spec, curated=curated, uri=schema.uri)
