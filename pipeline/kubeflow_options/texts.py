"""Texts that Kubernetes reads, refused where it would refuse them, or a step would wait for ever."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

# Where Kubeflow Pipelines itself mounts something in each step (kubeflow/pipelines 2.17.0,
# backend/src/v2/compiler/argocompiler/container.go:42-70, backend/src/v2/component/constants.go:18 and :32, and
# backend/src/apiserver/common/const.go:71). A mount of the same path would take its place.
KFP_MOUNTS = ("/kfp-launcher", "/kfp-workspace", "/kfp", "/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config")
# The volumes of those mounts, and that of the certificates that an administrator may add
# (backend/src/v2/compiler/argocompiler/common.go:128). A volume of the same name would take its place.
KFP_VOLUMES = (
    "kfp-launcher",
    "kfp-workspace",
    "gcs-scratch",
    "s3-scratch",
    "minio-scratch",
    "dot-local-scratch",
    "dot-cache-scratch",
    "dot-config-scratch",
    "custom-ca",
)
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_QUALIFIED_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"


def _matching(pattern: str, rule: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{rule}. Received: {text!r}")
        return text

    return AfterValidator(check)


def check_volume_name(name: str) -> str:
    """Returns the name. Raises ValueError where no volume can be called so."""
    if not re.fullmatch(_LABEL, name):
        raise ValueError(
            f"names of volumes, and of what is mounted as one, are lower-case letters, digits and dashes, at the most "
            f"63. Received: {name!r}"
        )
    if name in KFP_VOLUMES:
        raise ValueError(f"Kubeflow Pipelines has a volume of this name itself. Received: {name!r}. Choose another")
    return name


def _check_mount_path(text: str) -> str:
    path = PurePosixPath(text)
    if not path.is_absolute() or ".." in path.parts or ":" in text or text.strip("/") == "":
        raise ValueError(f"must be an absolute path below /, without .. and colons. Received: {text!r}")
    if taken := next((each for each in KFP_MOUNTS if path.is_relative_to(each)), None):
        raise ValueError(
            f"Kubeflow Pipelines mounts {taken} itself. Received: {text!r}. Choose another path, such as /mnt/slipway"
        )
    return str(path)


def _check_sub_path(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"must be a path within the volume, without / in front and without .. Received: {text!r}")
    return text


Quantity = Annotated[
    str,
    _matching(
        r"[0-9]+(\.[0-9]+)?(m|k|[MGTPE]|[KMGTPE]i)?",
        "must be a quantity as Kubernetes writes it, such as 500m, 4 or 16Gi",
    ),
]
ObjectName = Annotated[
    str,
    _matching(
        rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*",
        "names of Kubernetes objects are lower-case letters, digits, dashes and dots, at the most 253",
    ),
]
# The driver calls a volume as what it mounts (backend/src/v2/driver/k8s.go:1267), and names of volumes have no dots.
VolumeName = Annotated[str, AfterValidator(check_volume_name)]
MountPath = Annotated[str, AfterValidator(_check_mount_path)]
SubPath = Annotated[str, AfterValidator(_check_sub_path)]
EnvName = Annotated[
    str,
    _matching(r"[A-Za-z_][A-Za-z0-9_]*", "names of environment variables are letters, digits and underscores"),
]
LabelKey = Annotated[
    str,
    _matching(
        rf"((?=[^/]{{1,253}}/){_LABEL}(\.{_LABEL})*/)?{_QUALIFIED_NAME}",
        "keys of labels are letters, digits, dashes, dots and underscores, at the most 63, after a domain and a slash "
        "if any",
    ),
]
LabelValue = Annotated[
    str,
    _matching(
        rf"({_QUALIFIED_NAME})?", "values of labels are letters, digits, dashes, dots and underscores, at the most 63"
    ),
]
ResourceName = Annotated[
    str,
    _matching(
        rf"{_LABEL}(\.{_LABEL})*/{_QUALIFIED_NAME}",
        "must be the name of a Kubernetes resource, such as nvidia.com/gpu or google.com/tpu; the type, such as "
        "nvidia-l4, is `pool`'s",
    ),
]
