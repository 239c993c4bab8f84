"""Finding options by what a person types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.did_you_mean import did_you_mean
from pipeline.config_keys import NAME, PLACE, Option, OptionGroup, key_text
from pipeline.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class FoundOption:
    """Attributes:
    key: key as configs write it.
    options: those of this key, one for each kind that has it in a way of its own; none where a mapping's name is meant.
    below: the groups of keys right below.
    """

    key: str
    options: tuple[tuple[OptionGroup, Option], ...]
    below: tuple[OptionGroup, ...]


def find_options(groups: Sequence[OptionGroup], text: str) -> list[FoundOption]:
    """The options of a dotted key, whole or from some part on, such as `train.schedule` or `warmup_epochs`.

    Args:
      groups: groups to search.
      text: names of the user's and places in lists may be written as in a config, or left out where they end it.

    Raises:
      UsageError: there is none; says which may be meant.
    """
    wanted = tuple(part.partition("[")[0] for part in text.split(".") if not part.isdigit())
    pairs = [(group, option) for group in groups for option in group.options]
    # What has keys below and is no key of a model: a name in a mapping, and the options of a task.
    others = {group.key for group in groups if group.key[-1:] not in ((), (PLACE,))} - {
        option.key for _, option in pairs
    }

    # Lists may hold lists of the same: only the whole text tells one's keys from the other's.
    def is_whole(key: Sequence[str], wanted: Sequence[str]) -> bool:
        return key_text(tuple(key)) == text

    for is_meant in (is_whole, _is_same, _ends_like):
        keys = dict.fromkeys(
            key
            for key in [*(option.key for _, option in pairs), *(group.key for group in groups if group.key in others)]
            if is_meant(key, wanted)
        )
        if keys:
            return [
                FoundOption(
                    key=key_text(key),
                    options=tuple((group, option) for group, option in pairs if option.key == key),
                    below=tuple(group for group in groups if _is_below(group.key, key)),
                )
                for key in keys
            ]
    known = dict.fromkeys([*(str(option) for _, option in pairs), *(option.key[-1] for _, option in pairs)])
    raise UsageError(
        f"KEY must be the key of an option, or the end of one. Received: {text}.{did_you_mean(text, known)} "
        f"`slipway config explain` lists the sections."
    )


def _is_same(key: Sequence[str], wanted: Sequence[str]) -> bool:
    parts = [part for part in key if part != PLACE]
    return len(parts) == len(wanted) and all(own in (NAME, part) for own, part in zip(parts, wanted, strict=True))


def _ends_like(key: Sequence[str], wanted: Sequence[str]) -> bool:
    return tuple(part for part in key if part != PLACE)[-len(wanted) :] == tuple(wanted)


def _is_below(group: Iterable[str], key: Sequence[str]) -> bool:
    """Whether a group is of the key itself, of its places, or of names in it."""
    parts = list(group)
    while parts != list(key) and parts and parts[-1] in (NAME, PLACE):
        parts.pop()
    return parts == list(key)
