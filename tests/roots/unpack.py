"""What a stack left, from its archive."""

import tarfile
from pathlib import Path

FOLDER = Path(__file__).parent


def unpack(stack: str, folder: Path) -> None:
    """Unpacks the root that a stack left into `folder`."""
    with tarfile.open(FOLDER / f"{stack}.tar.xz") as archive:
        # Python 3.11.2, which Debian 12 has, knows no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        archive.extractall(folder)
