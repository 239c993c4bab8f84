"""The schema of a task's raw examples, with what clients send told from what only training has."""

from typing import TYPE_CHECKING

from tasks.base import Task

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2


def raw_schema(task: Task, schema: "schema_pb2.Schema | None" = None) -> "schema_pb2.Schema":
    """The task's own schema, or another one of its examples, with the environments TRAINING and SERVING.

    Args:
      task: whose label and `evaluation_keys` clients do not send.
      schema: in place of the task's own; one with environments stays as it is.
    """
    from data.schema.environments import with_environments

    not_sent = (task.label_key, *task.evaluation_keys)
    return with_environments(task.schema() if schema is None else schema, not_sent=not_sent)
