"""SchemaGen's runtime."""

import os

from tfx.utils import io_utils

from tasks.loading import TaskSpec

SCHEMA_FILE = "schema.pbtxt"


def write_schema(*, task_spec: str, uri: str) -> None:
    """Writes the schema where TFX's components look for it."""
    io_utils.write_pbtxt_file(os.path.join(uri, SCHEMA_FILE), TaskSpec.parse(task_spec).schema())
