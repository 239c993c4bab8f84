"""The forecasting pipeline on the series that ships with statsmodels: from nothing to a push, and what it forecasts."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.digits import CONFIGS, timed
from benchmarks.figures import Figure, main

SEED = 0


def measure() -> Sequence[Figure]:
    """Runs the pipeline once, and a backtest of what it pushed."""
    config = CONFIGS / "co2.yaml"
    with tempfile.TemporaryDirectory() as root:
        secs = timed("run", config, "--root", root)
        [record] = [json.loads(path.read_text()) for path in Path(root).glob("runs/*/summary.json")]
        timed("backtest", config, "--root", root)
        backtest = json.loads((Path(root) / "backtest" / "results.json").read_text())
    rows = {row["name"]: row["figures"] for row in backtest["rows"]}
    metrics, variants = record["metrics"], {variant["name"]: variant for variant in record["variants"]}
    others = [figures["mase"] for name, figures in rows.items() if name != "version 1"]
    return [
        Figure("whole DAG, seconds", secs, 360, "<="),
        Figure("test MAE over that of the seasonal naive forecast", metrics["test_mae_over_naive"], 0.5, "<="),
        Figure(
            "backtest: MASE over that of the best traditional forecaster",
            rows["version 1"]["mase"] / min(others),
            1,
            "<=",
        ),
        Figure("coverage of the 80 % interval", metrics["test_coverage"], 0.7, ">="),
        Figure(
            "float16 TFLite: MASE over float32",
            variants["float16"]["metric"] / variants["float32"]["metric"],
            1.01,
            "<=",
        ),
    ]


if __name__ == "__main__":
    main("co2", measure, seed=SEED)
