"""A user's own task, with a vocabulary, int64 inputs and a metric of Keras 3, in files beside the config."""

import shutil

import numpy as np
import pytest
import yaml

from serving.saved_model import SavedModel
from tests.e2e.commands import PROJECT, Ran, run
from tests.tasks.tabular import Parcels

pytestmark = pytest.mark.e2e

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


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    folder = tmp_path_factory.mktemp("parcels")
    shutil.copy(PROJECT / "tests" / "tasks" / "tabular.py", folder / "parcels.py")
    shutil.copy(PROJECT / "tests" / "tasks" / "metric_classes.py", folder / "parcel_metrics.py")
    (folder / "own_metric.py").write_text(TASK)
    config = {
        "name": "parcels",
        # Workers in processes of their own have to find the three modules, too.
        "beam": {"mode": "multi_processing", "workers": 2},
        "task": "own_metric.OwnMetric",
        "train": {"epochs": 3, "batch_size": 16, "schedule": {"warmup_epochs": 1}},
        "evaluate": {"slices": ["colour"], "gates": {"largest_error": {"max_per_slice": 1.0}}},
        "compress": {"variants": ["float32", "int8"], "gates": {"largest_error": {"max_worsening": 0.2}}},
    }
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(config))
    return run(folder / "pipeline.yaml", folder / "root")


def test_its_metric_is_a_figure_and_a_limit_of_every_model(ran):
    assert ran.exit_code == 0, ran.output
    record = ran.record()
    assert 0 < record["metrics"]["test_largest_error"] <= 1
    held = [gate["metric"] for gate in record["gates"] if gate["metric"].startswith("largest_error")]
    assert held.count("largest_error") == 3
    assert "largest_error against float32" in held


def test_the_pushed_version_looks_up_raw_examples_in_another_process(ran):
    [version] = ran.versions()
    raw = [example for _, example in Parcels().examples("test")]
    serialized = np.array([example.SerializeToString() for example in raw], object)
    lost = SavedModel(version, signature="serving_default").predict({"examples": serialized})["lost"]
    label = np.array([example.features.feature["label"].int64_list.value[0] for example in raw])
    error = np.abs(lost[:, 0] - label).max()
    assert error == pytest.approx(ran.record()["metrics"]["test_largest_error"], rel=1e-5)
