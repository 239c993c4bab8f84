"""Small files in an artifact's directory, on any file system."""

from etils import epath


def write_file(uri: str, name: str, content: str | bytes) -> None:
    """Writes `name` below an artifact's `uri`. TFX's local launcher makes that directory; Kubeflow's does not."""
    directory = epath.Path(uri)
    directory.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        (directory / name).write_bytes(content)
    else:
        (directory / name).write_text(content)


def read_file(uri: str, name: str) -> str:
    """The text of `name` below an artifact's `uri`."""
    return (epath.Path(uri) / name).read_text()
