"""SchemaGen's runtime."""

import os

from tfx.utils import io_utils

from tasks.loading import TaskSpec

FILE_NAME = "schema.pbtxt"


def write_schema(*, task_spec: str, uri: str) -> None:
    """Writes the schema where TFX's components look for it."""
    io_utils.write_pbtxt_file(os.path.join(uri, FILE_NAME), TaskSpec.parse(task_spec).schema())
