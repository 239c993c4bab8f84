"""Layers by patterns of their paths. Needs no TensorFlow."""

import fnmatch
from collections.abc import Iterable, Sequence


class LayerPatternError(ValueError):
    """A pattern that fits no layer, or patterns that leave none."""

    title = "Wrong config"
    exit_code = 2


def match_paths(paths: Iterable[str], patterns: Sequence[str], *, option: str, what: str) -> set[str]:
    """Finds the paths that a pattern fits.

    Args:
      paths: of layers.
      patterns: as `fnmatch` takes them, case-sensitive.
      option: where the patterns stand in the config, for the complaint.
      what: the layers are, for the complaint.

    Raises:
      LayerPatternError: a pattern fits no path.
    """
    paths = list(paths)
    found: set[str] = set()
    for pattern in patterns:
        fitting = [path for path in paths if fnmatch.fnmatchcase(path, pattern)]
        if not fitting:
            raise LayerPatternError(
                f"A pattern of {option} must fit the path of {what} ({', '.join(paths[:8])}, …). Received: {pattern!r}."
            )
        found.update(fitting)
    return found
