"""Where servers read the models of a registry."""

import os
from pathlib import Path

from serving.deployment.errors import DeploymentError
from serving.registry import Registry

GS = "gs://"
S3 = "s3://"
# Where TF Serving's own image expects models (tools/docker/Dockerfile).
MODELS = "/models"


def is_store(registry: Registry) -> bool:
    """Whether a registry lies at an object store."""
    return os.fspath(registry.root).startswith((GS, S3))


def refuse_s3(registry: Registry, target: str) -> None:
    """Raises DeploymentError for a registry at s3://.

    TF Serving links a file system for gs:// (model_servers/BUILD, `gcs_file_system`) and none for s3://.
    """
    if os.fspath(registry.root).startswith(S3):
        raise DeploymentError(
            "TensorFlow Serving reads directories and gs://, and has no file system for s3://. Received: "
            f"{registry.root} with --target {target}. Take --target kserve, whose storage initializer reads s3://, or "
            "mount the bucket and give its path."
        )


def absolute(registry: Registry) -> str:
    """The registry's own address, or its absolute path."""
    return os.fspath(registry.root) if is_store(registry) else str(Path(registry.root).resolve())


def inside(registry: Registry) -> str:
    """The base of the models in a container, where a directory is mounted or copied."""
    return os.fspath(registry.root).rstrip("/") if is_store(registry) else MODELS
