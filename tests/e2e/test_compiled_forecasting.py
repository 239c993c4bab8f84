"""Weekly carbon dioxide, compiled, on a backend without ML Metadata."""

import pytest
import yaml

from serving.registry import Registry
from tests.e2e.commands import PROJECT
from tests.e2e.kfp_emulator.artifact_records import TaskRecords
from tests.e2e.kfp_emulator.backend import Backend
from tests.e2e.kfp_emulator.compiled import compiled

pytestmark = pytest.mark.e2e


def test_every_step_runs_up_to_the_push(tmp_path):
    config = yaml.safe_load((PROJECT / "pipeline" / "configs" / "co2.yaml").read_text())
    config["train"] |= {"epochs": 2, "schedule": {"warmup_epochs": 0}}
    config["evaluate"]["gates"] = {"mae_over_naive": {"max": 100.0}}
    config["compress"] = {"variants": ["float32"]}
    (tmp_path / "co2.yaml").write_text(yaml.safe_dump(config))
    backend = Backend(compiled(tmp_path / "co2.yaml", tmp_path / "volume"), tmp_path, TaskRecords())
    backend.run_all()
    version = Registry(tmp_path / "volume" / "registry").at_stage("co2", "production")
    assert version.number == 1
    # Nothing was in production, and an output without files is an output still.
    assert backend.output("Baseline", "baseline")["metadata"]["registry_version"] == 0
