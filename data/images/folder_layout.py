"""Tells whether the folders of a directory are classes, or splits that hold one folder for each class."""

from collections.abc import Mapping, Sequence

from etils import epath

from data.errors import DataError

# Names of folders, in lower case, that others write for a split.
_SPLIT_OF = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("eval", "val", "validation", "valid", "dev"), "eval"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_ADVICE = "Move what is neither elsewhere, or name the folders that are classes in options.source.classes."


def folders_of(directory: epath.Path) -> list[str]:
    """Names of the folders in a directory, sorted; those that begin with a dot are nobody's data."""
    return sorted(path.name for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))


def split_folders(directory: epath.Path, classes: Sequence[str]) -> Mapping[str, str]:
    """{split: its folder}; empty where the folders are classes.

    A folder is a split by its name, in any case, if it holds folders: one that holds images is a class, whatever its
    name.

    Args:
      directory: an existing folder.
      classes: classes that the config names, if any; where all are folders of the directory, these are the classes.

    Raises:
      DataError: the folders are splits in part, two are the same split, or train is not among them.
    """
    names = folders_of(directory)
    if classes and set(classes) <= set(names):
        return {}
    splits = [name for name in names if name.lower() in _SPLIT_OF and folders_of(directory / name)]
    found = {_SPLIT_OF[name.lower()]: name for name in splits}
    others = [name for name in names if name not in splits]
    # One folder of such a name among others is a class that has folders in it; with `test` beside it, it is a split.
    is_class = len(splits) == 1 and others and not any(other.lower() in _SPLIT_OF for other in others)
    if not splits or is_class:
        return {}
    if others or len(found) < len(splits) or "train" not in found:
        raise DataError(
            f"options.source.directory must hold one folder a class, or the splits train, and eval and test if they "
            f"are cut already, with one folder a class in each. Received: {directory} with {', '.join(names)}. "
            f"{_ADVICE}"
        )
    return found
