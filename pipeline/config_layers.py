"""Laying the values of one config over another's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from pipeline.config_file import Layer
from pipeline.config_keys import NAME, option_groups
from pipeline.mistake_places import Key


class MergedValues:
    """Layers laid over each other: mappings key by key, all else as a whole.

    Where `kind` decides which keys there are, such as in `options.model`, values of another kind are laid over as a
    whole too: the keys below would be keys of the wrong kind.

    Attributes:
      values: nested, without aliases of what was laid.
    """

    def __init__(self, layers: Sequence[Layer], models: Mapping[str, type[BaseModel]]) -> None:
        """Args:
        layers: layers, each of which is laid over those before it.
        models: classes of options by their section, as in `config_mistakes.validate`.
        """
        self._default_kinds = dict(_default_kinds(models))
        self._origins: dict[Key, str] = {}
        self.values: dict[str, Any] = {}
        for layer in layers:
            self.values = self._laid_over(self.values, layer.values, (), layer)

    def origin(self, key: Key) -> str | None:
        """Where to say that a key's value comes from; None if from several places, or from the config itself."""
        below = {origin for place, origin in self._origins.items() if place[: len(key)] == key}
        above = [self._origins[key[:end]] for end in range(len(key) - 1, 0, -1) if key[:end] in self._origins]
        found = below or set(above[:1])
        return (next(iter(found)) or None) if len(found) == 1 else None

    def _laid_over(self, base: Mapping[str, Any], over: Mapping[str, Any], key: Key, layer: Layer) -> dict[str, Any]:
        pattern = self._pattern(key)
        if pattern is not None and "kind" in over and base.get("kind", self._default_kinds[pattern]) != over["kind"]:
            self._forget(key)
            base = {}
        laid = dict(base)
        for name, value in over.items():
            place = (*key, name)
            if isinstance(value, Mapping):
                below = base.get(name)
                if not isinstance(below, Mapping):
                    self._forget(place)
                laid[name] = self._laid_over(below if isinstance(below, Mapping) else {}, value, place, layer)
            else:
                self._forget(place)
                laid[name] = value
            if not isinstance(value, Mapping) or not value:
                self._origins[place] = _origin(layer, place)
        return laid

    def _forget(self, key: Key) -> None:
        for place in [place for place in self._origins if place[: len(key)] == key]:
            del self._origins[place]

    def _pattern(self, key: Key) -> Key | None:
        return next(
            (
                pattern
                for pattern in self._default_kinds
                if len(pattern) == len(key) and all(part in (NAME, own) for part, own in zip(pattern, key, strict=True))
            ),
            None,
        )


def _origin(layer: Layer, key: Key) -> str:
    dotted = ".".join(map(str, key))
    prefixes = [prefix for prefix in layer.origins if f"{dotted}.".startswith(f"{prefix}." if prefix else "")]
    return layer.origins[max(prefixes, key=len)] if prefixes else ""


def _default_kinds(models: Mapping[str, type[BaseModel]]) -> Iterator[tuple[Key, str | None]]:
    """The kind that values without one are of, by the key of each place where `kind` decides which keys there are."""
    for section, model in models.items():
        defaults: dict[Key, list[str]] = {}
        for group in option_groups(model, (section,) if section else ()):
            if group.kinds:
                kind = group.model.model_fields["kind"]
                defaults.setdefault(group.key, []).extend([] if kind.is_required() else [kind.default])
        for key, kinds in defaults.items():
            yield key, kinds[0] if len(kinds) == 1 else None
