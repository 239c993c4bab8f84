"""Test examples as a person looks at them: images as images, series as plots, rows as rows, and what the model said."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from inspection.series_drawing import draw_series
from records.predictions import Kind, Predictions
from records.shown_examples import ShownExample

# Of a row; the others are folded away.
MAX_FIELDS = 40
MAX_TEXT = 60


@dataclass(frozen=True, kw_only=True)
class ExampleView:
    """One example.

    Attributes:
      truth: what it is.
      told: what the model says, with how sure it is.
      is_wrong: whether the model is; None where it is neither right nor wrong.
      loss: how wrong.
      slices: that it is in.
      images: sources of pictures, as data URIs.
      drawing: of a series; None where it is none.
      fields: name and text of each feature of a row.
    """

    truth: str
    told: str
    is_wrong: bool | None
    loss: float
    slices: tuple[str, ...]
    images: tuple[str, ...]
    drawing: Markup | None
    fields: tuple[tuple[str, str], ...]

    @property
    def caption(self) -> str:
        """All that a picture of it says, for those who do not see it."""
        return f"test example, is {self.truth}, said {self.told}" if self.truth else "test example"


def example_views(
    examples: Iterable[ShownExample],
    *,
    kind: Kind,
    threshold: float,
    labels: Sequence[str],
    slice_names: Mapping[str, str],
) -> list[ExampleView]:
    """The same examples, in their order.

    Args:
      examples: with what a model said.
      kind: of labels and predictions.
      threshold: of the probability of the second of two classes, where it is the only one.
      labels: names of the classes.
      slice_names: what to call a slice, where `feature=value` is not what a person would say.
    """
    views = (_view(example, kind, threshold, labels) for example in examples)
    return [replace(view, slices=tuple(slice_names.get(name, name) for name in view.slices)) for view in views]


def said_by(examples: Iterable[ShownExample], found: Predictions, model: str) -> list[ShownExample]:
    """The examples with what one of several models said of them; those that the record lacks are left out."""
    outputs = found.outputs[found.models.index(model)]
    if not outputs.shape[-1]:
        return list(examples)
    places = {key: place for place, key in enumerate(found.keys.tolist())}
    said = []
    for example in examples:
        place = places.get(int(example.key, 16))
        if place is not None:
            output = tuple(outputs[place].tolist())
            said.append(replace(example, output=output, loss=_loss(example, output, found.kind)))
    return said


def _loss(example: ShownExample, output: Sequence[float], kind: Kind) -> float:
    """As `components.evaluator.judged_example` has it."""
    if kind == "classes":
        probabilities = output if len(output) > 1 else (1 - output[0], output[0])
        return -math.log(max(probabilities[int(example.label[0])], 1e-30))
    return abs(example.label[0] - output[0]) if kind == "number" else example.loss


def _view(example: ShownExample, kind: Kind, threshold: float, labels: Sequence[str]) -> ExampleView:
    truth, told, is_wrong = "", "", None
    if kind == "classes" and example.label and example.output:
        actual = int(example.label[0])
        said, sure = _said(example.output, threshold)
        truth, told, is_wrong = _name(actual, labels), f"{_name(said, labels)} ({sure:.1%})", said != actual
    elif kind == "number" and example.label and example.output:
        truth, told = f"{example.label[0]:.5g}", f"{example.output[0]:.5g}"
    series = _series(example)
    return ExampleView(
        truth=truth,
        told=told,
        is_wrong=is_wrong,
        loss=example.loss,
        slices=example.slices,
        images=tuple(_images(example.features)),
        drawing=series,
        fields=() if series is not None else tuple(_fields(example.features)),
    )


def _said(output: Sequence[float], threshold: float) -> tuple[int, float]:
    """The class and its probability."""
    if len(output) == 1:
        said = int(output[0] > threshold)
        return said, output[0] if said else 1 - output[0]
    said = max(range(len(output)), key=lambda index: output[index])
    return said, output[said]


def _name(index: int, labels: Sequence[str]) -> str:
    return labels[index] if index < len(labels) else str(index)


def _images(features: Mapping[str, Any]) -> Iterable[str]:
    for value in features.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield f"data:image/{each['image']};base64,{each['data']}"


def _fields(features: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    rows = {name: value for name, value in features.items() if isinstance(value, list) and not _are_images(value)}
    for name, value in list(rows.items())[:MAX_FIELDS]:
        text = ", ".join("–" if each != each else f"{each:.5g}" if isinstance(each, float) else each for each in value)
        yield name, text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _are_images(value: Sequence[Any]) -> bool:
    return bool(value) and isinstance(value[0], Mapping)


def _series(example: ShownExample) -> Markup | None:
    """The look-back window, what followed and the median forecast, of the first channel; features as
    `data.series.windows.SeriesWindows` names them."""
    history, scale = example.features.get("history"), example.features.get("scale")
    if not isinstance(history, list) or not isinstance(scale, list) or not scale or not example.label:
        return None
    channels = len(scale)
    horizon = len(example.label) // channels
    quantiles = len(example.output) // max(1, horizon * channels)
    forecast = example.output[quantiles // 2 :: channels * quantiles][:horizon] if quantiles else ()
    return draw_series(
        [_number(value) for value in history[::channels]],
        [_number(value) for value in example.label[::channels]],
        [_number(value) for value in forecast],
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
