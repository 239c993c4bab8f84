"""Reading records that another version wrote."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any


def known_fields(record: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a JSON object that a dataclass has fields for; others are passed over."""
    names = _names(record)
    return {name: value for name, value in values.items() if name in names}


@cache
def _names(record: type) -> frozenset[str]:
    # Asked again for each variant and each finding of each run.
    return frozenset(field.name for field in fields(record))
