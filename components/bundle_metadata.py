"""What a pushed version's bundle says of its model."""

from typing import Any

from tasks.base import Task


def describe(task: Task) -> dict[str, Any]:
    """What a client has to know of the task's models, JSON-serializable: the task's own facts, and the classes."""
    return {**task.serving_metadata(), "labels": list(task.labels())}
