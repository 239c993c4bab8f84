"""The name that a person may have meant by an unknown one, for the end of a message."""

from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import PurePath

from records.stores import is_uri

# Shorter ones are in too many names.
MIN_PART = 3


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to another, upper and lower case aside; else the shortest that contains it.

    None where there is neither.
    """
    by_folded = {each.casefold(): each for each in known}
    folded = name.casefold()
    close = get_close_matches(folded, by_folded, n=1)
    if not close and len(folded) >= MIN_PART:
        close = sorted((each for each in by_folded if folded in each), key=len)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean X?` of the closest name; empty where none is close."""
    found = closest(name, known)
    return f" Did you mean {found}?" if found is not None and found != name else ""


def did_you_mean_path(place: PurePath) -> str:
    """` Did you mean X?` for a path that does not exist, of which X differs in the first part that does not exist.

    Empty at an object store, where looking around costs requests.
    """
    if is_uri(str(place)):
        return ""
    # Takes longer to import than all else here, which `--help` needs too.
    from etils import epath

    path = epath.Path(place)
    with suppress(OSError):
        for parent in reversed(path.parents):
            part = path.parts[len(parent.parts)]
            if parent.is_dir() and not (parent / part).exists():
                found = closest(part, (each.name for each in parent.iterdir()))
                meant = parent / (found or part) / path.relative_to(parent / part)
                return f" Did you mean {meant}?" if meant.exists() else ""
    return ""
