"""From what pydantic finds wrong with a config to a message: key, rule, what was received, what may have been meant."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from data.did_you_mean import closest, did_you_mean
from pipeline.config_keys import NAME, PLACE, key_text, option_groups
from pipeline.errors import ConfigError
from pipeline.mistake_places import Key, Mistake, Place, of_the_nearest, place_of
from pipeline.option_types import kinds, literals

Made = TypeVar("Made")
# Keys of earlier versions, and what has come in their place.
RENAMED = {
    ("beam_args",): "it is `beam` now, with an engine and its options, such as beam: {engine: direct, mode: "
    "multi_processing, workers: 2}; other arguments of Beam's go to beam.args"
}
# More places of one name than this help nobody.
MANY = 3


def validate(
    make: Callable[[], Made],
    models: Mapping[str, type[BaseModel]],
    *,
    file: object = None,
    before: str = "",
    origin: Callable[[Key], str | None] = lambda key: None,
) -> Made:
    """Calls `make` and returns what it makes.

    Args:
      make: function that validates one of `models`.
      models: classes of options by their section; the key of the config's own is empty.
      file: name that the message starts with.
      before: words that each mistake starts with, such as whose values they are.
      origin: function from a key to where its value comes from, None if from `file`.

    Raises:
      ConfigError: the values break a rule of their model.
    """
    try:
        return make()
    except ValidationError as error:
        lines = [f"{before}{line}" for line in _lines(error, models, origin)]
        where = f"{file}: " if file else ""
        more = f"\n  ({len(lines)} mistakes)" if len(lines) > 1 else ""
        raise ConfigError(where + "\n  ".join(["", *lines] if len(lines) > 1 else lines) + more) from None


def _lines(
    error: ValidationError, models: Mapping[str, type[BaseModel]], origin: Callable[[Key], str | None]
) -> list[str]:
    # What was validated is known by its title alone.
    section, model = next(
        ((section, model) for section, model in models.items() if _title(model) == error.title), ("", None)
    )
    mistakes = [
        (place_of(model, each["loc"]) if model else Place(key=each["loc"], annotation=None, parent=None), each)
        for each in error.errors()
    ]
    return [_line(together, section, models, origin) for together in of_the_nearest(mistakes)]


def _title(model: type[BaseModel]) -> str:
    return str(model.model_config.get("title") or model.__name__)


def _line(
    mistakes: Sequence[Mistake],
    section: str,
    models: Mapping[str, type[BaseModel]],
    origin: Callable[[Key], str | None],
) -> str:
    """Mistakes at one place as: key: rule. Received: value. What may have been meant. Where it was written."""
    place, error = mistakes[0]
    key = (section, *place.key) if section else place.key
    shown = key
    received, meant = f". Received: {error['input']!r}", ""
    if error["type"] == "extra_forbidden":
        rule, meant = _no_such_key(key, place, models)
    elif error["type"] == "missing":
        rule, received = "this key is required", ""
    elif error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        shown, known = (*key, "kind"), tuple(kinds(place.annotation))
        tag = error["ctx"].get("tag")
        rule, received = f"must be one of {', '.join(known)}", f". Received: {tag!r}"
        meant = did_you_mean(str(tag), known)
        if tag is None:
            rule, received, meant = f"this key is required, one of {', '.join(known)}", "", ""
    else:
        rule = ", or ".join(dict.fromkeys(_rule(*mistake) for mistake in mistakes))
        received = "" if "Received:" in rule else received
        known = tuple(str(value) for place, _ in mistakes for value in literals(place.annotation))
        meant = did_you_mean(error["input"], known) if isinstance(error["input"], str) else ""
    written = origin(key)
    line = f"{key_text(shown)}: {rule}{received}"
    end = f"{meant}{f' ({written})' if written else ''}"
    return f"{line.removesuffix('.')}.{end}" if end else line


def _rule(place: Place, error: ErrorDetails) -> str:
    known = literals(place.annotation)
    if error["type"] == "literal_error" and len(known) > 1:
        return f"must be one of {', '.join(map(str, known))}"
    return error["msg"].removeprefix("Value error, ")


def _no_such_key(key: Key, place: Place, models: Mapping[str, type[BaseModel]]) -> tuple[str, str]:
    """The rule, and what may be meant: the key of other kinds, one beside it, or the one of this name elsewhere."""
    if key in RENAMED:
        return f"no such key: {RENAMED[key]}", ""
    name = str(key[-1])
    options = [
        (group, option)
        for section, model in models.items()
        for group in option_groups(model, (section,) if section else ())
        for option in group.options
        if option.key[-1] == name and not {NAME, PLACE} & set(option.key)
    ]
    others = dict.fromkeys(kind for group, option in options if option.key == key for kind in group.kinds)
    beside = closest(name, place.parent.model_fields) if place.parent else None
    elsewhere = dict.fromkeys(str(option) for _, option in options if option.key != key)
    meant = list(elsewhere) if beside is None else [key_text((*key[:-1], beside))]
    asked = f" Did you mean {' or '.join(meant)}?" if 0 < len(meant) <= MANY else ""
    if others:
        return f"no such key of this kind, but of {', '.join(others)}", asked
    named = f" {key_text(key[:-1])}" if key[:-1] else ""
    return "no such key" if asked else f"no such key; `slipway config explain{named}` lists those there are", asked
