"""Whether a new model and the version in production can be judged on the same examples."""

import json
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from etils import epath

from components.bundle_metadata import describe
from compression.conversion.errors import ConversionError
from compression.conversion.signature import read_signature
from records.bundle import BUNDLE, METADATA_FILE
from tasks.base import Task

# More names than this are told by those that came and went.
MAX_NAMES = 8


def differences(task: Task, candidate: epath.PathLike, production: epath.PathLike) -> list[str]:
    """What keeps the metrics of two models apart, a phrase each, as `classes cat, dog → bird, cat, dog`.

    Compared are the classes and `Task.compared_metadata` as the pushed version's bundle has them, the output that the
    metrics are made of, and `Task.compared_inputs`. What production's bundle says nothing of is taken for equal.

    Args:
      task: task of the new model.
      candidate: SavedModel of the new model.
      production: directory of the version in production.
    """
    bundle = epath.Path(production) / BUNDLE / METADATA_FILE
    theirs = json.loads(bundle.read_text()) if bundle.exists() else {}
    # By way of JSON, in which tuples are lists.
    ours = json.loads(json.dumps(describe(task)))
    found = [
        f"{'classes' if key == 'labels' else key} {_change(theirs[key], ours.get(key))}"
        for key in ("labels", *task.compared_metadata)
        if key in theirs and theirs[key] != ours.get(key)
    ]
    try:
        old = _tensors(task, production)
    except ConversionError as error:
        return [*found, f"production's SavedModel: {error}"]
    new = _tensors(task, candidate)
    if found:
        # More classes make more outputs, which need not be told besides.
        del new[_output(task)]
    return found + [f"{name} {_shape(old[name])} → {_shape(new[name])}" for name in new if old[name] != new[name]]


def _tensors(task: Task, saved_model: epath.PathLike) -> dict[str, tf.TensorSpec | None]:
    """What must be alike of a SavedModel's inputs and outputs, by name; None for what it has not."""
    outputs = read_signature(saved_model, "serving_default").outputs
    inputs = read_signature(saved_model, "predict").inputs if task.compared_inputs else {}
    found = {_output(task): outputs.get(task.prediction_key)}
    found |= {f"input {name}": inputs.get(name) for name in task.compared_inputs}
    # Names inside the graph differ from export to export.
    return {name: spec and tf.TensorSpec(spec.shape, spec.dtype) for name, spec in found.items()}


def _output(task: Task) -> str:
    return f"output {task.prediction_key}"


def _shape(spec: tf.TensorSpec | None) -> str:
    if spec is None:
        return "none"
    sizes = ", ".join("any" if size is None else str(size) for size in spec.shape.as_list()[1:])
    return f"{spec.dtype.name} [batch, {sizes}]"


def _change(old: Any, new: Any) -> str:
    if not (_is_list(old) and _is_list(new)) or max(len(old), len(new)) <= MAX_NAMES:
        return f"{_text(old)} → {_text(new)}"
    changes = {
        "new": [value for value in new if value not in old],
        "gone": [value for value in old if value not in new],
    }
    told = [f"{what}: {_text(values)}" for what, values in changes.items() if values]
    return f"{len(old)} → {len(new)} ({'; '.join(told) or 'in another order'})"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(value: Any) -> str:
    if not _is_list(value):
        return "none" if value is None else str(value)
    more = len(value) - MAX_NAMES
    return (", ".join(map(str, value[:MAX_NAMES])) or "none") + (f" and {more} more" if more > 0 else "")
