"""Baseline's runtime."""

from tfx.dsl.io import fileio
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.baseline.comparison import differences
from components.trained_spec import trained_spec
from records.properties import INCOMPARABLE, REGISTRY_VERSION
from records.stores import path_at
from serving.readable import copy_tree
from serving.registry import Registry


def copy_production(
    *,
    model: standard_artifacts.Model,
    model_run: standard_artifacts.ModelRun,
    task_spec: str,
    registry: str,
    model_name: str,
    baseline: standard_artifacts.Model,
) -> None:
    """Fills `baseline` with the production version; leaves it empty where the registry has none, or one that the new
    model cannot be compared with, and says why."""
    store = Registry(registry)
    version = store.at_stage(model_name, "production")
    baseline.set_int_custom_property(REGISTRY_VERSION, version.number if version else 0)
    reasons = []
    if version is not None:
        task = trained_spec(task_spec, model_run.uri).load()
        reasons = differences(task, path_utils.serving_model_path(model.uri), store.path(version))
        if not reasons:
            copy_tree(store.path(version), path_at(path_utils.serving_model_path(baseline.uri)))
    baseline.set_string_custom_property(INCOMPARABLE, "; ".join(reasons))


def has_model(baseline: standard_artifacts.Model) -> bool:
    """Whether there was a production version to compare with."""
    return fileio.exists(path_utils.serving_model_path(baseline.uri))
