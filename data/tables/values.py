"""What a field of a table may hold, and what it means as a column of one kind or another."""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["numeric", "categorical", "boolean", "timestamp", "multivalent"]
# What files give; None where nothing is. Anything else, such as the lists of a nested column, no kind takes.
Value: TypeAlias = str | float | int | bool | None
# What a feature of a tf.Example holds.
Parsed: TypeAlias = float | str | int | bool | list[str]

# Of tf.Examples, whose numbers are float32.
MAX_NUMBER = 3.4028235e38
# Of the year 10000.
MAX_SECONDS = 253_402_300_800
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


def as_timestamp(value: Any, written: str = "") -> int:
    """Seconds since 1970 out of a point in time, a text or a number of seconds; in UTC where no other zone is said.

    Args:
      value: a field that is not None.
      written: format of texts, for `strptime`; texts are numbers of seconds where it is empty.

    Raises:
      ValueError: it is none; the message says what is wrong.
    """
    if isinstance(value, str) and written:
        try:
            value = datetime.datetime.strptime(value.strip(), written)
        except ValueError:
            raise ValueError(f"a time written as {written} is expected. Received: {_shown(value)}") from None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, datetime.datetime):
        return math.floor((value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).timestamp())
    try:
        seconds = math.floor(float(value))
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"seconds since 1970 are expected; set the column's format for times as texts. Received: {_shown(value)}"
        ) from None
    if abs(seconds) >= MAX_SECONDS:
        raise ValueError(f"seconds since 1970 are expected, up to the year 9999. Received: {_shown(value)}")
    return seconds


def as_texts(value: Any, delimiter: str) -> list[str]:
    """The texts in a field that is not None: of a list, or between delimiters; empty ones do not count."""
    if not isinstance(value, list):
        value = as_text(value).split(delimiter)
    texts = [as_text(part).strip() for part in value if part is not None]
    return [text for text in texts if text]


def parse(kind: Kind, value: Any, written: str = "") -> Parsed:
    """A field that is not None, as a column of this kind means it. Raises ValueError.

    Args:
      kind: the column's.
      value: what the field holds.
      written: format of timestamps, delimiter of several values; else not read.
    """
    if kind == "timestamp":
        return as_timestamp(value, written)
    if kind == "multivalent":
        return as_texts(value, written)
    return _PARSERS[kind](value)


_PARSERS: Mapping[Kind, Callable[[Value], float | str | bool]] = {
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
