"""An option in words: its type, its default, its limits and its description."""

import datetime
import inspect
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from etils import epath
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config_keys import Option
from pipeline.option_types import alternatives, is_nullable, item, key_and_value, kinds, literals, model_in, plain

NULL = ", or null"
_PLAIN = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    epath.Path: "path",
    datetime.date: "date",
    Any: "anything",
}
_PLURAL = {
    "whole number": "whole numbers",
    "number": "numbers",
    "text": "texts",
    "path": "paths",
    "section": "sections",
}
# How annotated_types and pydantic name limits, and how a person writes them.
_LIMITS = {"ge": ">= {}", "gt": "> {}", "le": "<= {}", "lt": "< {}", "multiple_of": "a multiple of {}"}
_LENGTHS = {"min_length": "length >= {}", "max_length": "length <= {}", "pattern": "matching {}"}


def type_text(annotation: Any) -> str:
    """The type of a value in words, such as `whole number`, `one of a, b` or `section`, and `null` where allowed."""
    by_kind = kinds(annotation)
    if by_kind:
        text = f"section, by its kind: {', '.join(by_kind)}"
    else:
        members = [_one_text(each) for each in alternatives(annotation)]
        text = " or ".join(dict.fromkeys(members))
    return f"{text}{NULL}" if is_nullable(annotation) else text


def value_text(info: FieldInfo) -> str:
    """Type and limits in one, such as `number >= 0, < 1, or null`."""
    text = type_text(info.annotation)
    limits = limits_text(info.metadata)
    if not limits:
        return text
    bare = text.removesuffix(NULL)
    between = " " if limits[0] in "<>" else ", "
    return f"{bare}{between}{limits}{text.removeprefix(bare)}"


def _one_text(annotation: Any) -> str:
    bare, limits = plain(annotation), limits_text(_list_annotations(annotation))
    values = literals(bare)
    if values:
        text = f"one of {', '.join(map(str, values))}" if len(values) > 1 else str(values[0])
    elif model_in(bare) is not None:
        text = "section"
    elif (pair := key_and_value(bare)) is not None:
        text = f"mapping of {_of_names(pair[0])} to {_plural(type_text(pair[1]))}"
    elif item(bare) is not None:
        text = _list_text(bare)
    else:
        text = _PLAIN.get(bare, getattr(bare, "__name__", str(bare)))
    return f"{text} {limits}" if limits else text


def _list_text(bare: Any) -> str:
    arguments = get_args(bare)
    if get_origin(bare) is tuple and Ellipsis not in arguments:
        return f"list of {len(arguments)}: {', '.join(type_text(each) for each in arguments)}"
    return f"list of {_plural(type_text(arguments[0]))}"


def _of_names(annotation: Any) -> str:
    values = literals(annotation)
    return ", ".join(map(str, values)) if values else "names"


def _plural(text: str) -> str:
    first = next((name for name in sorted(_PLURAL, key=len, reverse=True) if text.startswith(name)), None)
    return text if first is None else _PLURAL[first] + text.removeprefix(first)


def _list_annotations(annotation: Any) -> list[Any]:
    found: list[Any] = []
    for each in getattr(annotation, "__metadata__", ()):
        found += each.metadata if isinstance(each, FieldInfo) else [each]
    return found


def limits_text(metadata: Sequence[Any]) -> str:
    """Limits that pydantic checks, such as `>= 1, < 2`; empty where there are none."""
    found = [
        form.format(getattr(each, name))
        for each in metadata
        for name, form in {**_LIMITS, **_LENGTHS}.items()
        if getattr(each, name, None) is not None
    ]
    return ", ".join(found)


def default_text(info: FieldInfo) -> str:
    """The default as a config would write it; `required` where there is none, and nothing for a section of defaults."""
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        kind = getattr(default, "kind", None)
        return "" if kind is None or not kinds(info.annotation) else f"kind: {kind}"
    flow = yaml.safe_dump(_as_yaml(default), default_flow_style=True, sort_keys=False, width=float("inf"))
    return flow.removesuffix("...\n").strip()


def _as_yaml(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_yaml(each) for key, each in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, str):
        return [_as_yaml(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def option_description(option: Option) -> str:
    """The description of an option, else of the section that it is; empty where there is neither."""
    if option.info.description:
        return option.info.description
    models = [model for each in alternatives(option.info.annotation) if (model := model_in(each)) is not None]
    return model_description(models[0]) if len(models) == 1 else ""


def model_description(model: type[BaseModel]) -> str:
    """The first paragraph of a model's docstring."""
    return " ".join(inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].split())
