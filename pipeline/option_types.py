"""The types of values, as the annotations of pydantic's models say."""

import types
from collections.abc import Mapping, Sequence, Set
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The annotations of which a value must keep one, null left out."""
    bare = plain(annotation)
    if not _is_union(bare):
        return (annotation,)
    members = [each for each in get_args(bare) if each is not type(None)]
    # What is `X | None` is X, which may itself be one of several.
    return alternatives(members[0]) if len(members) == 1 else tuple(members)


def is_nullable(annotation: Any) -> bool:
    """Whether a value may be null."""
    bare = plain(annotation)
    return _is_union(bare) and type(None) in get_args(bare)


def plain(annotation: Any) -> Any:
    """An annotation without what `Annotated` adds."""
    return plain(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is; None for others."""
    bare = plain(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None


def kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """The models that an option `kind` tells apart, by its values; empty where there are none to tell apart."""
    models = [model_in(each) for each in alternatives(annotation)]
    if len(models) < 2 or any(model is None or "kind" not in model.model_fields for model in models):
        return {}
    return {value: model for model in models if model for value in literals(model.model_fields["kind"].annotation)}


def literals(annotation: Any) -> tuple[Any, ...]:
    """The values of a Literal, and of those among alternatives; empty where there is none."""
    members = [plain(each) for each in alternatives(annotation)]
    return tuple(value for each in members if get_origin(each) is Literal for value in get_args(each))


def item(annotation: Any, index: int = 0) -> Any:
    """The annotation of a list's items, at an index where each has its own; None where it is no list."""
    bare = plain(annotation)
    arguments = get_args(bare)
    if not _is_a(bare, (Sequence, Set)) or not arguments:
        return None
    is_fixed = get_origin(bare) is tuple and Ellipsis not in arguments
    return arguments[min(index, len(arguments) - 1)] if is_fixed else arguments[0]


def key_and_value(annotation: Any) -> tuple[Any, Any] | None:
    """The annotations of a mapping's keys and values; None where it is no mapping."""
    bare = plain(annotation)
    return tuple(get_args(bare)) or (str, Any) if _is_a(bare, (Mapping,)) else None


def _is_union(bare: Any) -> bool:
    return get_origin(bare) in (Union, types.UnionType)


def _is_a(bare: Any, classes: tuple[type, ...]) -> bool:
    origin = get_origin(bare) or bare
    return isinstance(origin, type) and issubclass(origin, classes) and origin is not str
