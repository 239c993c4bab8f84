"""The trials of a hyperparameter search as parallel coordinates, and as a table.

Drawn here: plotly.js draws such a chart by WebGL code that it writes at run time, which the pages of the app forbid.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from etils import epath

# In the directory of Tuner's `tuner_results`, as TFX writes it: the best trial first.
RESULTS_FILE = "tuner_results.json"
# Keys that are none of the search's space: KerasTuner's own, such as epochs of Hyperband.
_OWN = "tuner/"
# From as large a ratio of its ends, an axis is logarithmic.
LOG_RATIO = 50
AXIS_WIDTH, HEIGHT, TOP, BOTTOM, SIDE = 170, 300, 44, 30, 80

Scale: TypeAlias = Callable[[Any], float]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training of the search.

    Attributes:
      name: KerasTuner's.
      score: of the metric that was searched for, its best epoch's.
      values: {hyperparameter: value}.
    """

    name: str
    score: float
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of the drawing.

    Attributes:
      name: of the hyperparameter, or of the metric.
      x: where it stands.
      ticks: (y, text) of its ends, or of each value that is no number.
    """

    name: str
    x: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class TrialsDrawing:
    """All trials, the best first.

    Attributes:
      trials: as they are.
      names: of the hyperparameters, in the order of the axes.
      axes: one for each of them, and one for the metric.
      lines: points of each trial's line, the best one's first.
      width: of the drawing.
      height: of the drawing.
    """

    trials: tuple[Trial, ...]
    names: tuple[str, ...]
    axes: tuple[Axis, ...]
    lines: tuple[str, ...]
    width: int
    height: int = HEIGHT


def read_trials(directory: "epath.Path") -> list[Trial]:
    """The trials that ended, the best first; none where there is no such file.

    Args:
      directory: of Tuner's `tuner_results`.
    """
    path = directory / RESULTS_FILE
    rows = json.loads(path.read_text()) if path.exists() else []
    return [
        Trial(
            name=str(row["trial_id"]),
            score=float(row["score"]),
            values={
                name: value
                for name, value in row.items()
                if name not in ("trial_id", "score") and not name.startswith(_OWN)
            },
        )
        for row in rows
    ]


def draw_trials(trials: Sequence[Trial], metric: str) -> TrialsDrawing | None:
    """The drawing; None without two trials.

    Args:
      trials: the best first.
      metric: what their score is called.
    """
    if len(trials) < 2:
        return None
    names = tuple(dict.fromkeys(name for trial in trials for name in trial.values))
    columns = [[trial.values.get(name) for trial in trials] for name in names] + [[trial.score for trial in trials]]
    axes, scales = [], []
    for place, (name, column) in enumerate(zip((*names, metric), columns, strict=True)):
        scale, ticks = _scale(column)
        axes.append(Axis(name=name, x=SIDE + place * AXIS_WIDTH, ticks=tuple((scale(t), _text(t)) for t in ticks)))
        scales.append(scale)
    lines = tuple(
        " ".join(
            f"{axis.x:.0f},{scale(column[row]):.1f}"
            for axis, scale, column in zip(axes, scales, columns, strict=True)
            if column[row] is not None
        )
        for row in range(len(trials))
    )
    width = 2 * SIDE + (len(axes) - 1) * AXIS_WIDTH
    return TrialsDrawing(trials=tuple(trials), names=names, axes=tuple(axes), lines=lines, width=width)


def _scale(values: Sequence[Any]) -> tuple[Scale, Sequence[Any]]:
    """From a value to its height, and the values that are named: the ends of numbers, else all."""
    known = [value for value in values if value is not None]
    if any(isinstance(value, str | bool) for value in known):
        ordered = sorted(set(known), key=str)
        return (lambda value: _height(ordered.index(value), 0, len(ordered) - 1)), ordered
    low, high = min(known), max(known)
    if low > 0 and high / low >= LOG_RATIO:
        return (lambda value: _height(math.log(value), math.log(low), math.log(high))), (low, high)
    return (lambda value: _height(value, low, high)), (low, high) if high > low else (low,)


def _height(value: float, low: float, high: float) -> float:
    """The y coordinate, from the bottom; the middle where there is one value alone."""
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
