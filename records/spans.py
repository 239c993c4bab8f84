"""The spans of data that a run read, as ML Metadata and run records keep them."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from records.properties import SPANS

# {span: its version, None where it has none}, in order.
Spans: TypeAlias = Mapping[int, int | None]


def describe_spans(spans: Spans) -> str:
    """Such as `3 (version 2), 4 (version 1)`."""
    return ", ".join(f"{span}" if version is None else f"{span} (version {version})" for span, version in spans.items())


def spans_of(properties: Mapping[str, Any]) -> dict[int, int | None]:
    """The spans that an artifact's properties tell; empty where its data does not come in spans."""
    return as_spans(json.loads(properties.get(SPANS, "{}")))


def as_spans(values: Mapping[str, int | None]) -> dict[int, int | None]:
    """Spans out of their JSON, where keys are texts."""
    return {int(span): version for span, version in values.items()}
