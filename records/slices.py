"""What slices of examples are called: by TFMA, in gates, in reports."""

import re
from collections.abc import Sequence
from typing import Any

# TFMA's name of a feature cut into intervals; no feature of raw data is called so.
_INTERVALS = re.compile(r"(?P<feature>.*):intervals\((?P<boundaries>[^()]*)\)", re.DOTALL)


def interval_column(feature: str, boundaries: Sequence[float]) -> str:
    """TFMA's name of a numeric feature's intervals, which holds all that tells an example's interval."""
    return f"{feature}:intervals({','.join(map(_plain, boundaries))})"


def parsed_interval_column(column: str) -> tuple[str, tuple[float, ...]] | None:
    """The feature and the boundaries of a column as `interval_column` names it; None for any other."""
    found = _INTERVALS.fullmatch(column)
    return (found["feature"], tuple(map(float, found["boundaries"].split(",")))) if found else None


def interval_text(value: float, boundaries: Sequence[float]) -> str:
    """The interval that a value is in, as `[18, 30)`; a boundary is in the upper one of its two intervals."""
    lower = [boundary for boundary in boundaries if boundary <= value]
    upper = boundaries[len(lower) :]
    if not lower:
        return f"below {_plain(upper[0])}"
    return f"[{_plain(lower[-1])}, {_plain(upper[0])})" if upper else f"{_plain(lower[-1])} and more"


def column_text(column: str) -> str:
    """What to call a column of a slice."""
    parsed = parsed_interval_column(column)
    return parsed[0] if parsed else column


def slice_text(slice_key: Any) -> str:
    """What to call a slice by TFMA's SliceKey, as `sex=f, age=[18, 30)`; empty for all examples."""
    parts = []
    for single in slice_key.single_slice_keys:
        value = getattr(single, single.WhichOneof("kind"))
        parts.append(f"{column_text(single.column)}={value.decode() if isinstance(value, bytes) else value}")
    return ", ".join(parts)


def _plain(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
