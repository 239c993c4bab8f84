"""Baseline's runtime."""

from tfx.dsl.io import fileio
from tfx.types import standard_artifacts
from tfx.utils import io_utils, path_utils

from serving.registry import Registry

VERSION_PROPERTY = "registry_version"


def copy_production(*, registry: str, model_name: str, baseline: standard_artifacts.Model) -> None:
    """Fills `baseline` with the production version; leaves it empty where the registry has none."""
    store = Registry(registry)
    version = store.at_stage(model_name, "production")
    baseline.set_int_custom_property(VERSION_PROPERTY, version.number if version else 0)
    if version is not None:
        io_utils.copy_dir(str(store.path(version)), path_utils.serving_model_path(baseline.uri))


def has_model(baseline: standard_artifacts.Model) -> bool:
    """Whether there was a production version to compare with."""
    return fileio.exists(path_utils.serving_model_path(baseline.uri))
