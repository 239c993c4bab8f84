"""Charts of what a model said of each test example: confusion, calibration, ROC, precision against recall, errors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from inspection.charts import BLUE, GREY, HEIGHT, PALETTE, as_html, confusion
from inspection.significance import wilson
from records.predictions import Predictions

# Curves are drawn at as many places, the same ones for all, so that they fit in one table.
PLACES = 51
BINS = 10
# More curves, or points, cannot be told apart.
MAX_CURVES, MAX_POINTS = 6, 1500
AREAS = {"AUC": "area below it", "AP": "average precision"}
GRID = np.linspace(0, 1, PLACES)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Examples of one model whose labels are classes.

    Attributes:
      labels: index of the class of each, `[example]`.
      probabilities: `[example, class]`.
      told: index of the class that the model says, `[example]`.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    told: np.ndarray


def judged(found: Predictions, model: str) -> Judged | None:
    """The classes that a model says; None where labels are none, or outputs too many to have been kept."""
    if found.kind != "classes" or model not in found.models or not len(found.labels):
        return None
    outputs = found.outputs[found.models.index(model)]
    if not outputs.shape[-1]:
        return None
    labels = found.labels.astype(int)
    if outputs.shape[1] > 1:
        return Judged(labels=labels, probabilities=outputs, told=outputs.argmax(axis=1))
    # The probability of the second of two classes.
    both = np.concatenate([1 - outputs, outputs], axis=1)
    return Judged(labels=labels, probabilities=both, told=(outputs[:, 0] > found.threshold).astype(int))


def prediction_charts(found: Predictions, model: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(title, what it says, chart as HTML) of a model.

    Args:
      found: the record, not empty.
      model: one of its models.
      names: names of the classes; empty where they have none.
    """
    classes = judged(found, model)
    if classes is not None:
        count = classes.probabilities.shape[1]
        named = [names[index] if index < len(names) else str(index) for index in range(count)]
        yield "Confusion", "Counts; what is off the diagonal is wrong.", confusion(counts(classes), named)
        yield _calibration(classes)
        curves = _positives(classes, named)
        yield _curves(curves, roc_curve, "ROC", ("false positive rate", "true positive rate"), "AUC")
        yield _curves(curves, precision_recall, "Precision and recall", ("recall", "precision"), "AP")
    elif found.kind == "number" and len(found.labels) and found.outputs.shape[-1] == 1:
        yield _errors(found.labels, found.outputs[found.models.index(model), :, 0])


def counts(classes: Judged) -> np.ndarray:
    """Examples by `[actual class, predicted class]`."""
    size = classes.probabilities.shape[1]
    matrix = np.zeros((size, size))
    np.add.at(matrix, (classes.labels, classes.told), 1)
    return matrix


def roc_curve(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """The true positive rate at each false positive rate of GRID, and the area below the whole curve.

    Args:
      is_positive: `[example]` of bool, of both kinds.
      scores: of being positive, `[example]`.
    """
    hits, alarms = _cumulative(is_positive, scores)
    rates, false_rates = (np.concatenate([[0], counts / counts[-1]]) for counts in (hits, alarms))
    area = float(np.sum(np.diff(false_rates) * (rates[1:] + rates[:-1]) / 2))
    # The highest point of each vertical part.
    last = np.searchsorted(false_rates, GRID + 1e-12, side="right") - 1
    return rates[last], area


def precision_recall(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """The highest precision at each recall of GRID or more, and the average precision, as scikit-learn has it.

    Args:
      is_positive: `[example]` of bool, some of them true.
      scores: of being positive, `[example]`.
    """
    hits, alarms = _cumulative(is_positive, scores)
    recall, precision = hits / hits[-1], hits / (hits + alarms)
    average = float(np.sum(np.diff(recall, prepend=0) * precision))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return best[np.searchsorted(recall, GRID - 1e-12)], average


def _cumulative(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positive and negative examples at or above each score that there is, from the highest."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.nonzero(np.diff(scores[order]))[0], len(order) - 1)
    hits = np.cumsum(is_positive[order])[ends]
    return hits, 1 + ends - hits


def _positives(classes: Judged, names: Sequence[str]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, who is of the class, its probabilities): of two classes the second, else each of those that there are
    examples of, the ones that are told worst first."""
    count = classes.probabilities.shape[1]
    found = []
    for index in [1] if count == 2 else range(count):
        is_positive = classes.labels == index
        if 0 < is_positive.sum() < len(is_positive):
            found.append((names[index], is_positive, classes.probabilities[:, index]))
    return sorted(found, key=lambda each: roc_curve(each[1], each[2])[1])[:MAX_CURVES]


def _curves(
    positives: Sequence[tuple[str, np.ndarray, np.ndarray]],
    curve: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, float]],
    title: str,
    axes: tuple[str, str],
    area_name: str,
) -> tuple[str, str, str]:
    figure = go.Figure()
    for (name, is_positive, scores), colour in zip(positives, PALETTE, strict=False):
        heights, area = curve(is_positive, scores)
        line = {"color": colour}
        figure.add_trace(go.Scatter(x=GRID, y=heights, name=f"{name}: {area:.4f}", mode="lines", line=line))
    figure.update_xaxes(title=axes[0], range=[-0.01, 1.01])
    figure.update_yaxes(title=axes[1], range=[-0.01, 1.03])
    # That of one curve would have no legend, and so no area.
    figure.update_layout(showlegend=True, legend_title_text=area_name)
    each = "" if len(positives) < 2 else "Each class against all others, those that are told apart worst. "
    note = f"{each}{area_name}, the {AREAS[area_name]}, is of the whole curve, which is drawn at {PLACES} places."
    return title, note, as_html(figure, height=HEIGHT + 80)


def _calibration(classes: Judged) -> tuple[str, str, str]:
    """Of the class that the model says: its probability against the share of examples that are of it."""
    sure = classes.probabilities[np.arange(len(classes.told)), classes.told]
    right = classes.told == classes.labels
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    rows = [(sure[here].mean(), right[here].mean(), here.sum()) for b in range(BINS) if (here := places == b).any()]
    error = sum(abs(mean - share) * count for mean, share, count in rows) / len(sure)
    ends = [wilson(float(share), int(count)) for _, share, count in rows]
    interval = {
        "array": [high - share for (_, share, _), (_, high) in zip(rows, ends, strict=True)],
        "arrayminus": [share - low for (_, share, _), (low, _) in zip(rows, ends, strict=True)],
    }
    figure = go.Figure(
        go.Scatter(
            x=[mean for mean, _, _ in rows],
            y=[share for _, share, _ in rows],
            error_y={"type": "data", "thickness": 1, "color": GREY, **interval},
            name="share that is right",
            mode="lines+markers",
            line={"color": BLUE},
            customdata=[int(count) for _, _, count in rows],
            hovertemplate="said %{x:.3f}, right %{y:.3f}, %{customdata} examples<extra></extra>",
        )
    )
    line = {"color": GREY, "dash": "dot"}
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=line)
    figure.update_xaxes(title="mean probability of the class that is said", range=[-0.01, 1.01])
    figure.update_yaxes(title="share that is right", range=[-0.01, 1.03])
    note = (
        f"Below the dotted line a model is surer than right; bars are 95 % intervals. Calibration error: {error:.4f}."
    )
    return "Calibration", note, as_html(figure, height=HEIGHT + 40)


def _errors(labels: np.ndarray, predictions: np.ndarray) -> tuple[str, str, str]:
    """Predictions against labels."""
    step = max(1, -(-len(labels) // MAX_POINTS))
    shown, said = labels[::step], predictions[::step]
    marker = {"color": BLUE, "size": 5, "opacity": 0.6}
    figure = go.Figure(go.Scatter(x=shown, y=said, name="prediction", mode="markers", marker=marker))
    ends = [float(min(labels.min(), predictions.min())), float(max(labels.max(), predictions.max()))]
    line = {"color": GREY, "dash": "dot"}
    figure.add_shape(type="line", x0=ends[0], y0=ends[0], x1=ends[1], y1=ends[1], line=line)
    figure.update_xaxes(title="label")
    figure.update_yaxes(title="prediction")
    part = "" if step == 1 else f" {len(shown):,} of {len(labels):,} examples."
    return "Predictions", f"On the dotted line a prediction is right.{part}", as_html(figure, height=HEIGHT + 80)
