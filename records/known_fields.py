"""Reading records that another version wrote."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known_fields(record: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a JSON object that a dataclass has fields for; others are passed over."""
    names = {field.name for field in fields(record)}
    return {name: value for name, value in values.items() if name in names}
