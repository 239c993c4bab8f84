"""The forecasting pipeline on the series that ships with statsmodels: from nothing to a push, and what it forecasts."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.digits import slipway
from benchmarks.figures import Figure, main
from benchmarks.run_results import newest_record, variant_metrics

CONFIG = "pipeline/configs/co2.yaml"
SEED = 0


def measure() -> Sequence[Figure]:
    """Runs the pipeline once, and a backtest of what it pushed."""
    with tempfile.TemporaryDirectory() as root:
        secs = slipway("run", CONFIG, "--root", root)
        record = newest_record(Path(root))
        slipway("backtest", CONFIG, "--root", root)
        backtest = json.loads((Path(root) / "backtest" / "results.json").read_text())
    mase = {row["name"]: row["figures"]["mase"] for row in backtest["rows"]}
    own = mase.pop("version 1")
    metrics, variants = record.metrics, variant_metrics(record)
    return [
        Figure("whole DAG, seconds", secs, 360, "<="),
        Figure("test MAE over the seasonal naive forecast's", metrics["test_mae_over_naive"], 0.5, "<="),
        Figure("backtest: MASE over the best traditional forecaster's", own / min(mase.values()), 1.0, "<="),
        Figure("coverage of the interval from 0.1 to 0.9", metrics["test_coverage"], 0.7, ">="),
        Figure("float16 TFLite: MASE over float32's", variants["float16"] / variants["float32"], 1.01, "<="),
    ]


if __name__ == "__main__":
    main("co2", measure, seed=SEED)
