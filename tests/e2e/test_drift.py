"""Data that changes between runs, held against a curated schema and against the data that passed last."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.e2e.commands import run, slipway

pytestmark = pytest.mark.e2e
ROWS = 2000


def _write_series(file: Path, *, level: float) -> None:
    hours = np.arange(ROWS)
    values = level + np.sin(hours * 2 * np.pi / 24) + np.random.default_rng(0).normal(scale=0.3, size=ROWS)
    stamps = pd.date_range("2026-01-01", periods=ROWS, freq="h")
    pd.DataFrame({"time": stamps, "load": values.round(4)}).to_csv(file, index=False)


@pytest.fixture
def config(tmp_path) -> Path:
    """Hourly values of twelve weeks, and a schema beside the config."""
    config = {
        "name": "load",
        "task": "tasks.forecasting.Forecasting",
        "options": {
            "source": {"kind": "series_file", "file": "load.csv", "time_column": "time"},
            "lookback": 48,
            "horizon": 12,
            "season": 24,
            "model": {"kind": "nlinear"},
        },
        "data_gate": {"drift": {"features": {"future": 0.2}}},
        "evaluate": {"gates": {"mase": {"max": 99.0}}},
    }
    path = tmp_path / "load.yaml"
    path.write_text(yaml.safe_dump(config))
    _write_series(tmp_path / "load.csv", level=0.0)
    own = slipway("schema", "show", path, "--text")
    assert own.returncode == 0, own.stdout
    (tmp_path / "schema.pbtxt").write_text(f"# As the task has it.\n{own.stdout}")
    path.write_text(yaml.safe_dump({**config, "schema_file": "schema.pbtxt"}))
    return path


@pytest.mark.timeout(600)
def test_data_that_drifted_is_refused_until_it_is_allowed(config, tmp_path):
    """Each run ends behind the gate on data."""
    root = tmp_path / "root"
    first = run(config, root, "--to", "DataGate")
    assert first.exit_code == 0, first.output
    passed = list((root / "passed_data" / "load").iterdir())
    assert [file.name for file in passed] == ["000001.pb"]

    again = run(config, root, "--to", "DataGate")
    assert {again.states()[node] for node in ("ExampleGen", "SchemaGen", "StatisticsGen", "DataGate")} == {"cached"}

    _write_series(tmp_path / "load.csv", level=2.0)
    refused = run(config, root, "--to", "DataGate")
    assert refused.exit_code == 3, refused.output
    assert refused.states()["SchemaGen"] == "cached"
    # Of the train split's twelve segments chance excuses more.
    assert "drift of future (split eval) must be <= 0.2 + 0." in refused.output
    report = slipway("report", refused.run_id, "--root", root, "--out", tmp_path / "report.html")
    assert report.returncode == 0, report.stdout
    page = (tmp_path / "report.html").read_text()
    assert "<h4>history, split eval: 0." in page
    assert "<h4>future, split eval: 0." in page

    allowed = run(config, root, "--to", "DataGate", "--set", "data_gate.drift.max_distance=1",
                  "--set", "data_gate.drift.features.future=1")  # fmt: skip
    assert allowed.exit_code == 0, allowed.output
    assert run(config, root, "--to", "DataGate").exit_code == 0
    assert len(list((root / "passed_data" / "load").iterdir())) == 2
