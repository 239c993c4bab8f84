"""Choosing an architecture, and starting from a trained one."""

import json

import pytest

from tests.e2e.commands import Ran, run, slipway, write_config

pytestmark = pytest.mark.e2e

GRID = """
residual: {}
mobile: {options.model: {kind: mobilenet_v3_small, width: 0.5, shrinks: 2}}
diverges: {train.learning_rate: 1000000.0, train.recovery.rollbacks: 0}
"""


def test_an_analysis_measures_all_alike_goes_on_and_is_in_the_report(tmp_path):
    config, root = write_config(tmp_path / "pipeline.yaml"), tmp_path / "root"
    grid = tmp_path / "grid.yaml"
    grid.write_text(GRID)
    done = slipway("analyze", config, "--grid", grid, "--epochs", "2", "--root", root)
    assert done.returncode == 0, done.stdout
    assert "residual: trained\n" in done.stdout
    assert "diverges: failed: " in done.stdout
    results = json.loads((root / "analysis" / "results.json").read_text())
    assert [row["name"] for row in results["candidates"]] == ["residual", "mobile"]
    assert list(results["failed"]) == ["diverges"]
    residual, mobile = results["candidates"]
    assert residual["parameters"] == 99_672
    assert {row["epochs"] for row in results["candidates"]} == {2}
    for row in (residual, mobile):
        assert row["int8_bytes"] == (root / "analysis" / row["name"] / "int8.tflite").stat().st_size
        assert row["int8_p50_ms"] > 0
        assert 0 < row["metrics"]["accuracy"] <= 1
    # Who is better and cheaper is nobody's to beat.
    best = max((residual, mobile), key=lambda row: row["metrics"]["accuracy"])["name"]
    assert all(best in front for front in results["fronts"].values())
    assert "architectures compared" in (root / "analysis" / "report.html").read_text()

    again = slipway("analyze", config, "--grid", grid, "--epochs", "2", "--root", root)
    assert "residual: trained before" in again.stdout
    assert slipway("report", "--root", root).returncode == 0
    run_id = max(path.name for path in (root / "runs").iterdir())
    assert 'id="architectures"' in (root / "runs" / run_id / "report.html").read_text()


def test_training_starts_from_a_pushed_version(digits: Ran, tmp_path):
    """Three epochs at a small rate lead nowhere from the start, and stay where the pushed version was."""
    registry = str(digits.root.registry)
    train = {"epochs": 3, "learning_rate": 1e-5, "schedule": {"warmup_epochs": 1}}
    scratch = run(write_config(tmp_path / "scratch.yaml", train=train), tmp_path / "scratch")
    start = {"registry": registry, "model": "digits", "version": 1}
    tuned = run(write_config(tmp_path / "tuned.yaml", train=train, start=start), tmp_path / "tuned")
    assert tuned.exit_code == 0, tuned.output
    accuracies = [ran.record()["metrics"]["test_accuracy"] for ran in (scratch, tuned)]
    assert accuracies[0] < 0.5
    assert accuracies[1] > 0.95
    log = (tuned.root.run(tuned.run_id) / "run.log").read_text()
    assert f"layers are those of {registry}/digits/1/assets.extra/model.keras" in log


def test_a_version_that_is_not_there_is_told_before_anything_runs(digits: Ran, tmp_path):
    start = {"registry": str(digits.root.registry), "model": "digits", "version": 99}
    refused = run(write_config(tmp_path / "pipeline.yaml", start=start), tmp_path / "root")
    assert refused.exit_code == 2
    assert "Received: 99" in refused.output
