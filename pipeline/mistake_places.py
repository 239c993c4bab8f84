"""Where in a config a mistake is that pydantic found, as the user wrote it.

Pydantic also names which of several alternatives it tried: a union's tag, or a label of its own. Nobody wrote those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.option_types import alternatives, item, key_and_value, kinds, model_in, plain

Key = tuple[str | int, ...]
# What pydantic's location ends with where a mapping's key is wrong, not what the key leads to.
_KEY = "[key]"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Attributes:
    key: its parts.
    annotation: annotation of the value; None where the model has no such key, or says nothing of it.
    parent: the model that the key is of; None where it is in a mapping or a list.
    tried: where there are alternatives that no `kind` tells apart, their key and pydantic's label of the one tried.
    """

    key: Key
    annotation: Any
    parent: type[BaseModel] | None
    tried: tuple[Key, str | int] | None = None


def place_of(model: type[BaseModel], location: Key) -> Place:
    """The place that a location of pydantic's leads to.

    Args:
      model: model whose validation failed.
      location: the `loc` of one of its errors.
    """
    key: list[str | int] = []
    annotation: Any = model
    key_annotation: Any = None
    parent, tried = None, None
    for part in location:
        members = alternatives(annotation)
        if len(members) > 1:
            by_kind = kinds(annotation)
            if part not in by_kind:
                tried = tried or (tuple(key), part)
            annotation = by_kind.get(str(part)) or _find_labelled(members, str(part))
            continue
        [annotation] = members
        if part == _KEY:
            annotation = key_annotation
            continue
        key.append(part)
        parent = model_in(annotation)
        if parent is not None:
            field = parent.model_fields.get(str(part))
            annotation = None if field is None else field.annotation
        elif (pair := key_and_value(annotation)) is not None:
            key_annotation, annotation = pair
        else:
            annotation = item(annotation, part if isinstance(part, int) else 0)
    return Place(key=tuple(key), annotation=annotation, parent=parent, tried=tried)


def _find_labelled(members: Sequence[Any], label: str) -> Any:
    """The alternative that pydantic labels so: a model by its name, which may stand in the name of a validator; a
    list or Literal by what it is, with what it holds in brackets."""
    models = [model for model in map(model_in, members) if model is not None]
    named = [model for model in models if label == model.__name__ or label.endswith(f" {model.__name__}]")]
    others = [each for each in members if model_in(each) is None]
    generic = [each for each in others if label.partition("[")[0] in str(get_origin(plain(each))).lower()]
    return next(iter([*named, *generic, *others]), None)


# A mistake of pydantic's with its place.
Mistake = tuple[Place, ErrorDetails]


def of_the_nearest(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, ...]]:
    """The mistakes, of alternatives those of the one alone that what was written comes nearest to.

    Returns:
      Each on its own; together those at one place of alternatives that come equally near, of which one must be kept.
    """
    by_alternative: dict[Key, dict[str | int, list[Mistake]]] = {}
    for place, error in mistakes:
        if place.tried is not None:
            at, label = place.tried
            by_alternative.setdefault(at, {}).setdefault(label, []).append((place, error))
    found: list[tuple[Mistake, ...]] = []
    for place, error in mistakes:
        if place.tried is None:
            found.append(((place, error),))
        elif (by_label := by_alternative.pop(place.tried[0], None)) is not None:
            found += _nearest(by_label)
    return found


def _nearest(by_label: Mapping[str | int, Sequence[Mistake]]) -> list[tuple[Mistake, ...]]:
    least = min(map(_distance, by_label.values()))
    best = [mistakes for mistakes in by_label.values() if _distance(mistakes) == least]
    if all(_is_whole(mistake) for mistakes in best for mistake in mistakes):
        return [tuple(mistake for mistakes in best for mistake in mistakes)]
    return [(mistake,) for mistake in best[0]]


def _distance(mistakes: Sequence[Mistake]) -> tuple[bool, bool, int]:
    """Farthest is what is of another type altogether, then what is wrong as a whole, then what has more mistakes."""
    whole = [error["type"] for place, error in mistakes if _is_whole((place, error))]
    return any(kind.endswith("_type") for kind in whole), bool(whole), len(mistakes)


def _is_whole(mistake: Mistake) -> bool:
    place, _ = mistake
    return place.tried is not None and place.key == place.tried[0]
