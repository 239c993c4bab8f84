"""Some test examples with what the model said of them, so that a person sees which ones fail."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from records.artifact_files import has_file, read_file, write_file

EXAMPLES_FILE = "examples.jsonl"


@dataclass(frozen=True, kw_only=True)
class ShownExample:
    """One example.

    Attributes:
      key: of `records.predictions.Predictions.keys`, in hexadecimal digits.
      loss: how wrong the model is; larger is worse.
      slices: names of the slices that it is in.
      label: numbers of the label.
      output: numbers that the model predicted.
      features: {name: values} of the others; an image is `{"image": its type, "data": base64}`.
    """

    key: str
    loss: float
    slices: tuple[str, ...]
    label: tuple[float, ...]
    output: tuple[float, ...]
    features: Mapping[str, Any]


def write_shown_examples(uri: str, examples: Iterable[ShownExample]) -> None:
    """Writes them into the directory of an evaluation."""
    write_file(uri, EXAMPLES_FILE, "".join(f"{json.dumps(asdict(example))}\n" for example in examples))


def read_shown_examples(uri: str) -> list[ShownExample]:
    """Those of an evaluation, the worst first; none where an earlier version, or nobody, wrote any."""
    if not has_file(uri, EXAMPLES_FILE):
        return []
    rows = map(json.loads, read_file(uri, EXAMPLES_FILE).splitlines())
    lists = ("slices", "label", "output")
    found = [ShownExample(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]
    return sorted(found, key=lambda example: -example.loss)
