"""Few-shot learners of pushed versions."""

import json
from dataclasses import dataclass

from etils import epath

from studies.pushed import METADATA, trained_model
from tasks.few_shot.base import FewShot
from training.meta.learner import LEARNER, Learner


@dataclass(frozen=True, kw_only=True)
class PushedLearner:
    """A learner of a pushed version.

    Attributes:
      name: model and version, for people.
      kind: kind of the learner.
      steps: inner steps of training and of clients.
      layer: the learner, with its weights.
    """

    name: str
    kind: str
    steps: int
    layer: Learner


def load_learner(task: FewShot, version: epath.Path) -> PushedLearner | None:
    """The learner of a pushed version; None where it takes other episodes than the task's."""
    model = task.load_model(str(trained_model(version)))
    shape = task.shape()
    sizes = (tuple(model.input["query_x"].shape[2:]), model.output["predictions"].shape[-1])
    if sizes != (shape.example_shape, shape.outputs):
        return None
    known = json.loads((version / METADATA).read_text())
    return PushedLearner(
        name=version_name(version), kind=known["learner"], steps=known["inner_steps"], layer=model.get_layer(LEARNER)
    )


def version_name(version: epath.Path) -> str:
    """What people call a pushed version: its model and its number."""
    return f"{version.parent.name} {version.name}"
