"""Where artifacts of an object store lie on a step's own file system.

Kubeflow's launcher copies inputs there before a step and outputs from there after it (LocalPathForURI in
backend/src/v2/component/launcher_v2.go of kubeflow/pipelines). TensorFlow reads and writes gs:// itself; of s3:// and
minio:// a step sees the copies alone.
"""

from pathlib import Path

# By scheme, the launcher's directory, which holds buckets.
DIRECTORIES = {"gs://": "/gcs/", "s3://": "/s3/", "minio://": "/minio/"}
READ_BY_TENSORFLOW = "gs://"


def to_local(text: str) -> str:
    """The copy of what a URI names, where TensorFlow cannot read it there; any other text as it is."""
    return _replace(text, _staged())


def to_remote(text: str) -> str:
    """The URI of what a path of a copy names; any other text as it is."""
    return _replace(text, [(directory, scheme) for scheme, directory in _staged()])


def make_output(uri: str) -> None:
    """Makes the directory from which the launcher copies an output that a step has.

    The launcher without ML Metadata fails a step that writes nothing to an output, or writes it to gs:// itself, where
    the copy is missing. Where no launcher has made the directories above it, nobody copies it.

    Args:
      uri: of the output, as `to_local` gives it.
    """
    prefixes = [(READ_BY_TENSORFLOW, DIRECTORIES[READ_BY_TENSORFLOW])]
    path = Path(_replace(uri, prefixes))
    if path.parent.is_dir():
        path.mkdir(exist_ok=True)


def _staged() -> list[tuple[str, str]]:
    return [(scheme, directory) for scheme, directory in DIRECTORIES.items() if scheme != READ_BY_TENSORFLOW]


def _replace(text: str, prefixes: list[tuple[str, str]]) -> str:
    for before, after in prefixes:
        if text.startswith(before):
            return after + text.removeprefix(before)
    return text
