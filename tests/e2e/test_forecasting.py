"""Series through whole pipelines."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import yaml

from records.predictions import read_predictions
from records.shown_examples import read_shown_examples
from serving.tflite import TFLiteModel
from tests.e2e.commands import Ran, run, slipway

pytestmark = pytest.mark.e2e

LOOKBACK, HORIZON, ROWS = 48, 12, 900


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    """Two hourly channels with a season of a day, with a gap, a duplicated stamp and missing values, by config."""
    folder = tmp_path_factory.mktemp("forecasting")
    rng = np.random.default_rng(0)
    hours = np.arange(ROWS)
    frame = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=ROWS, freq="1h")})
    frame["load"] = 100 + 10 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1, ROWS)
    frame["wind"] = 5 + np.cos(2 * np.pi * hours / 24) + rng.normal(0, 0.1, ROWS)
    frame.loc[50:60, "wind"] = np.nan
    frame = pd.concat([frame.drop(index=range(200, 205)), frame.iloc[[300]]]).sort_values("date", kind="stable")
    frame.to_csv(folder / "plant.csv", index=False)
    config = {
        "name": "plant",
        "task": "tasks.forecasting.Forecasting",
        "options": {
            "source": {"kind": "series_file", "file": "plant.csv", "repairs": {"duplicated": "last"}},
            "lookback": LOOKBACK,
            "horizon": HORIZON,
            "season": 24,
            "quantiles": [0.1, 0.5, 0.9],
            "model": {
                "kind": "encoder_decoder",
                "patch": 12,
                "dim": 8,
                "heads": 2,
                "hidden": 8,
                "encoder_depth": 1,
                "decoding": "autoregressive",
            },
        },
        "data_gate": {"max_mean": {"missing": 0.05}},
        "train": {"batch_size": 32, "epochs": 4, "learning_rate": 0.01, "schedule": {"warmup_epochs": 0}},
        "evaluate": {"slices": ["hour"], "gates": {"mase": {"max": 5.0}, "mae_over_naive": {"max": 5.0}}},
        "compress": {"variants": ["float32", "float16"], "gates": {"mase": {"max_worsening": 0.05}}},
        "serving_check": {"max_difference": 0.01},
    }
    (folder / "plant.yaml").write_text(yaml.safe_dump(config))
    done = run(folder / "plant.yaml", folder / "root")
    assert done.exit_code == 0, done.output
    return done


def test_repairs_and_missing_values_are_in_the_record(ran):
    gates = {(gate["metric"], gate["where"]): gate["value"] for gate in ran.record()["gates"]}
    assert gates["repaired: duplicated stamps", ""] == 1
    assert gates["repaired: absent rows", ""] == 5
    assert 0 < gates["mean of missing", "split train"] < 0.05


def test_errors_are_told_apart_by_hour_channel_and_part_of_the_horizon(ran):
    metrics = ran.record()["metrics"]
    assert {"test_mae_load", "test_mae_wind", "test_mae_steps_1_6", "test_mae_steps_7_12"} <= set(metrics)
    assert metrics["test_mae_wind"] < metrics["test_mae_load"]


def test_what_is_kept_of_each_window_adds_up_to_the_metrics(ran):
    [place] = ran.root.artifacts.glob("Evaluator/evaluation/*")
    found = read_predictions(place)
    assert found.overlap
    # Predictions are of 12 steps of two channels, at three levels.
    assert found.outputs.shape == (1, len(found.keys), 72)
    for metric in ("mase", "mae", "mae_over_naive", "coverage"):
        if metric in found.metrics:
            mean = float(found.values_of("candidate", metric).mean())
            assert mean == pytest.approx(ran.record()["metrics"][f"test_{metric}"], rel=1e-4)
    assert {"mase", "mae"} <= set(found.metrics)
    assert {"history", "scale"} <= read_shown_examples(str(place))[0].features.keys()


def test_a_client_sends_raw_history_and_gets_intervals_in_its_own_units(ran):
    served = tf.saved_model.load(str(ran.versions()[0])).signatures["forecast"]
    stamps = (1577836800 + 3600 * np.arange(LOOKBACK))[None]
    history = np.full((1, LOOKBACK, 2), [100.0, 5.0], np.float32) + np.random.default_rng(0).normal(
        size=(1, LOOKBACK, 2)
    )
    history[0, 3:9, 1] = np.nan
    given = tf.constant(history, tf.float32)
    answer = {name: value.numpy() for name, value in served(history=given, timestamps=tf.constant(stamps)).items()}
    assert answer["forecast"].shape == (1, HORIZON, 2)
    assert (answer["lower"] <= answer["forecast"]).all()
    assert (answer["forecast"] <= answer["upper"]).all()
    assert 80 < answer["forecast"][..., 0].mean() < 120
    assert answer["timestamps"][0].tolist() == [stamps[0, -1] + 3600 * hour for hour in range(1, HORIZON + 1)]
    with pytest.raises(tf.errors.InvalidArgumentError, match="timestamps must rise by 3600 seconds"):
        served(history=given, timestamps=tf.constant(2 * stamps))


def test_the_model_s_own_inputs_must_hold_numbers(ran):
    served = tf.saved_model.load(str(ran.versions()[0])).signatures["predict"]
    calendar = tf.zeros([1, LOOKBACK + HORIZON, 6])
    with pytest.raises(tf.errors.InvalidArgumentError, match="history must hold finite numbers"):
        served(history=tf.fill([1, LOOKBACK, 2], np.float32("nan")), calendar=calendar)


def test_the_bundle_says_what_a_device_has_to_send(ran):
    bundle = ran.versions()[0] / "tflite"
    metadata = json.loads((bundle / "metadata.json").read_text())
    assert metadata["channels"] == ["load", "wind"]
    assert set(TFLiteModel(bundle / "float16.tflite").inputs) == {"history", "calendar"}
    assert metadata["calendar"].startswith(f"calendar: float32 [batch, {LOOKBACK + HORIZON}, 6]")


def test_a_backtest_compares_at_the_same_origins_and_is_in_the_report(ran):
    root = ran.root.path
    config = Path(root).parent / "plant.yaml"
    done = slipway("backtest", config, "--root", root, "--against", "repeat", "--against", "seasonal naive")
    assert done.returncode == 0, done.stdout
    results = json.loads((root / "backtest" / "results.json").read_text())
    rows = {row["name"]: row for row in results["rows"]}
    assert list(rows) == ["version 1", "repeat", "seasonal naive"]
    assert rows["seasonal naive"]["figures"]["mae_over_naive"] == pytest.approx(1, abs=0.05)
    assert 0 < rows["version 1"]["figures"]["coverage"] <= 1
    assert {found["layer"] for found in results["attention"]["maps"]} >= {"encoder_0_self_attention"}
    assert slipway("report", "--root", root).returncode == 0
    page = (root / "runs" / ran.run_id / "report.html").read_text()
    assert 'id="backtest-table"' in page
    assert 'id="attention"' in page


def test_a_series_that_is_defective_is_refused_before_anything_is_written(ran, tmp_path):
    config = yaml.safe_load((Path(ran.root.path).parent / "plant.yaml").read_text())
    config["options"]["source"] |= {"file": str(Path(ran.root.path).parent / "plant.csv"), "repairs": {}}
    (tmp_path / "plant.yaml").write_text(yaml.safe_dump(config))
    refused = run(tmp_path / "plant.yaml", tmp_path / "root")
    assert refused.exit_code == 1
    assert "a stamp must occur once" in refused.output
    assert not refused.versions()
