"""A task of a user's own, with a vocabulary, int64 inputs and a metric of Keras 3, in three modules beside a config."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.commands import PROJECT

TASK = """
from parcels import Tabular
from tasks.base import EvalMetric


class OwnMetric(Tabular):
    def metrics(self):
        largest = EvalMetric(
            name="largest_error", class_name="LargestError", module="parcel_metrics", higher_is_better=False
        )
        return (*super().metrics(), largest)
"""


def write_own_task(folder: Path, **changes: Any) -> Path:
    """Writes the modules and the config; `changes` are further sections. Returns the config's path."""
    shutil.copy(PROJECT / "tests" / "tasks" / "own_tabular.py", folder / "parcels.py")
    shutil.copy(PROJECT / "tests" / "tasks" / "metric_classes.py", folder / "parcel_metrics.py")
    (folder / "own_metric.py").write_text(TASK)
    config = {
        "name": "parcels",
        "task": "own_metric.OwnMetric",
        "train": {"epochs": 3, "batch_size": 16, "schedule": {"warmup_epochs": 1}},
        "evaluate": {"slices": ["colour"], "gates": {"largest_error": {"max_per_slice": 1.0}}},
        "compress": {"variants": ["float32", "int8"], "gates": {"largest_error": {"max_worsening": 0.2}}},
    }
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump(config | changes))
    return path
