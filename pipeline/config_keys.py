"""The keys that a config may have, read off its models, whatever the values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.option_types import alternatives, item, key_and_value, kinds, model_in

# In a key: a name of the user's own, such as that of a metric, and a place in a list.
NAME, PLACE = "NAME", "[]"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One key.

    Attributes:
      key: parts of the key, with NAME and PLACE for what the user names and counts.
      info: pydantic's description of the field.
    """

    key: tuple[str, ...]
    info: FieldInfo

    def __str__(self) -> str:
        return key_text(self.key)


@dataclass(frozen=True, kw_only=True)
class OptionGroup:
    """The keys of one model at one place.

    Attributes:
      key: key of the place; empty for the config itself.
      kinds: the values of `kind` for which these are the keys; empty where there is one kind only.
      model: class whose fields they are.
      options: the keys right below, in the model's order.
    """

    key: tuple[str, ...]
    kinds: tuple[str, ...]
    model: type[BaseModel]
    options: tuple[Option, ...]


def key_text(key: tuple[str | int, ...]) -> str:
    """A key as configs and messages write it, such as `train.unfreeze[].epoch`."""
    return ".".join(map(str, key)).replace(f".{PLACE}", PLACE)


def option_groups(model: type[BaseModel], key: tuple[str, ...] = ()) -> Iterator[OptionGroup]:
    """A model's group, then those of the models in its fields, depth first.

    Args:
      model: class whose fields are the keys.
      key: key of the place where the model is.
    """
    yield from _groups_of(model, key, ())


def _groups_of(model: type[BaseModel], key: tuple[str, ...], names: tuple[str, ...]) -> Iterator[OptionGroup]:
    # `kind` first, which decides about the others, whichever class it is inherited from.
    fields = sorted(model.model_fields.items(), key=lambda field: field[0] != "kind")
    options = tuple(Option(key=(*key, name), info=info) for name, info in fields)
    yield OptionGroup(key=key, kinds=names, model=model, options=options)
    for option in options:
        yield from _groups_in(option.info.annotation, option.key)


def _groups_in(annotation: Any, key: tuple[str, ...]) -> Iterator[OptionGroup]:
    by_kind = kinds(annotation)
    for each in alternatives(annotation):
        model = model_in(each)
        if model is not None:
            yield from _groups_of(model, key, tuple(name for name, other in by_kind.items() if other is model))
        elif (pair := key_and_value(each)) is not None:
            yield from _groups_in(pair[1], (*key, NAME))
        elif (held := item(each)) is not None:
            yield from _groups_in(held, (*key, PLACE))
