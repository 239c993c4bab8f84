"""A metric that TFMA computes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class EvalMetric:
    """A metric that TFMA computes, under the name that gates, reports and the run record use.

    Attributes:
      name: name of the metric, unique in the task.
      class_name: name of a class: where `module` is empty one that TFMA knows, which are its own and those of Keras 2;
        else one in `module`. A class of Keras 3 is given labels `[batch, ...]` as the raw examples hold them and
        predictions `[batch, ...]`, and must compute one number.
      config: keyword arguments of that class, besides `name`.
      module: module of the class, such as one of yours or `keras.metrics`.
      higher_is_better: whether gates take a higher value for a better one.
      is_plot: whether it is a plot, which has no single value and can have no gate.
    """

    name: str
    class_name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    higher_is_better: bool = True
    is_plot: bool = False
