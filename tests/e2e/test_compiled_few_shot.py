"""Sinusoids by a learner that adapts, compiled, on a backend with ML Metadata."""

import pytest
import yaml

from serving.registry import Registry
from tests.e2e.commands import PROJECT
from tests.e2e.kfp_emulator.artifact_records import MlmdRecords
from tests.e2e.kfp_emulator.backend import Backend
from tests.e2e.kfp_emulator.compiled import compiled

pytestmark = pytest.mark.e2e


def test_every_step_runs_up_to_the_push(tmp_path):
    config = yaml.safe_load((PROJECT / "pipeline" / "configs" / "sinusoid.yaml").read_text())
    config["options"] |= {"source": {"kind": "sinusoids", "train": 100, "eval": 20, "test": 20}, "queries": 20}
    config["options"]["episodes_per_epoch"] = 500
    config["data_gate"] = {}
    config["train"] |= {"epochs": 1}
    config["evaluate"]["gates"] = {"mse": {"max": 100.0}}
    config["compress"] = {"variants": ["float32"]}
    (tmp_path / "sinusoid.yaml").write_text(yaml.safe_dump(config))
    backend = Backend(compiled(tmp_path / "sinusoid.yaml", tmp_path / "volume"), tmp_path, MlmdRecords())
    backend.run_all()
    assert Registry(tmp_path / "volume" / "registry").at_stage("sinusoid", "production").number == 1
