"""SchemaGen's runtime."""

import os

from tfx.utils import io_utils

from data.schema.fit import check_fit
from data.schema.text import parse_schema
from tasks.loading import TaskSpec
from tasks.raw_schema import raw_schema

SCHEMA_FILE = "schema.pbtxt"


def write_schema(*, task_spec: str, curated: str, uri: str) -> None:
    """Writes the schema where TFX's components look for it.

    Raises:
      SchemaError: by `curated` the task does not get what it reads; told with the config where the data is at hand.
    """
    task = TaskSpec.parse(task_spec)
    schema = raw_schema(task)
    if curated:
        needed, schema = schema, raw_schema(task, parse_schema(curated))
        check_fit(schema, needed, file="the config's schema_file")
    io_utils.write_pbtxt_file(os.path.join(uri, SCHEMA_FILE), schema)
