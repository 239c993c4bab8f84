"""The folders of an artifact's splits, as TFX calls them."""

_PREFIX = "Split-"
# A pattern of the folders of all splits.
ALL_SPLITS = f"{_PREFIX}*"


def split_folder(split: str) -> str:
    """Name of a split's folder."""
    return f"{_PREFIX}{split}"


def split_name(folder: str) -> str:
    """Name of the split that a folder holds."""
    return folder.removeprefix(_PREFIX)
