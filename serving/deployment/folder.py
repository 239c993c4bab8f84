"""The folder that rendered files go to."""

from collections.abc import Mapping
from pathlib import Path

from serving.deployment.errors import DeploymentError

# Names what an earlier call wrote: a file of a canary that is gone must not be applied again.
_WRITTEN = ".slipway-rendered"


def write_files(directory: Path, files: Mapping[str, str]) -> None:
    """Writes the files, and removes those that an earlier call wrote there and this one does not.

    Raises:
      DeploymentError: the directory holds what no such call wrote.
    """
    written = directory / _WRITTEN
    before = written.read_text().splitlines() if written.is_file() else []
    if directory.exists() and not written.is_file() and any(directory.iterdir() if directory.is_dir() else [directory]):
        raise DeploymentError(
            f"--out must be a new directory, or one that this command wrote. Received: {directory}, which holds other "
            "files. Choose another."
        )
    directory.mkdir(parents=True, exist_ok=True)
    written.write_text("".join(f"{name}\n" for name in sorted({*before, *files})))
    for name in set(before) - set(files):
        (directory / name).unlink(missing_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)
    written.write_text("".join(f"{name}\n" for name in sorted(files)))
