"""What a field of a table may hold, and what it means as a column of one kind or another."""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["numeric", "categorical", "boolean"]
# What files give; None where nothing is. Anything else, such as the lists of a nested column, no kind takes.
Value: TypeAlias = str | float | int | bool | None

# Of tf.Examples, whose numbers are float32.
MAX_NUMBER = 3.4028235e38
BOOLEANS = {"true": True, "yes": True, "t": True, "y": True, "false": False, "no": False, "f": False, "n": False}
_WITH_COMMA = re.compile(r"\s*[-+]?[\d.' ]*\d,\d+([eE][-+]?\d+)?\s*")


def has_decimal_comma(text: str) -> bool:
    """Whether a text is a number if the comma in it is a decimal one."""
    return _WITH_COMMA.fullmatch(text) is not None


def as_number(value: Value) -> float:
    """A number out of a field that is not None. Raises ValueError, whose message says what is wrong."""
    if isinstance(value, str) and has_decimal_comma(value):
        raise ValueError(
            f"a number must have a decimal point. Received: {value!r}. If commas are decimal ones in the whole file, "
            f"set options.source.decimal: ','"
        )
    try:
        if isinstance(value, _NO_FIELDS):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"a number is expected. Received: {_shown(value)}") from None
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise ValueError(f"a number must be finite, and fit into float32. Received: {_shown(value)}")
    return number


def as_text(value: Value) -> str:
    """The name of a category out of a field that is not None; of a whole number without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, _NO_FIELDS):
        raise ValueError(f"a text or a number is expected. Received: {_shown(value)}")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_boolean(value: Value) -> bool:
    """A truth value out of a field that is not None: a word, 0 or 1. Raises ValueError."""
    word = as_text(value).strip().lower()
    if word in BOOLEANS:
        return BOOLEANS[word]
    if word in ("0", "1"):
        return word == "1"
    raise ValueError(f"one of {', '.join(BOOLEANS)}, 0 and 1 is expected. Received: {_shown(value)}")


PARSERS: Mapping[Kind, Callable[[Value], float | str | bool]] = {
    "numeric": as_number,
    "categorical": as_text,
    "boolean": as_boolean,
}
# Of Parquet: nested columns, bytes, and times, which a model takes only as numbers.
_NO_FIELDS = (list, dict, tuple, bytes, datetime.date, datetime.time, datetime.timedelta)


def is_field(value: object) -> bool:
    """Whether a column may hold it at all."""
    return not isinstance(value, _NO_FIELDS)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
