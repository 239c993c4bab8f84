"""A whole pipeline of a task of a user's own."""

import numpy as np
import pytest

from serving.saved_model import SavedModel
from tests.e2e.commands import Ran, run
from tests.e2e.own_task import write_own_task
from tests.tasks.own_tabular import Parcels

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    folder = tmp_path_factory.mktemp("parcels")
    # Workers in processes of their own have to find the modules, too; each step that has some starts them anew.
    beam = {"mode": "multi_processing", "workers": 2, "nodes": ["ExampleGen", "Evaluator"]}
    config = write_own_task(folder, beam=beam)
    return run(config, folder / "root")


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
