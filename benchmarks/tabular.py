"""Tables, against what their users have without Slipway: `python -m benchmarks.tabular --json FILE`.

Sections, each alone by `--only NAME`: `penguins`, the whole pipeline's time over that of TFX's own template (4 minutes;
needs tf-keras, which the older stack has); `taxi`, AUC beside scikit-learn's, and `int8`, what 8 bits lose of it (8
minutes both); `folds`, small tables in 5 folds (8 minutes); `rows`, what rows cost until they are transformed (2
minutes), and `million` the same of a million, only where it is asked for (10 minutes). Needs SLIPWAY_DATA_DIR, or
`slipway data fetch penguins chicago_taxi`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import tabular_folds, tabular_rows, tabular_taxi
from benchmarks.figures import Figure, main_of_sections
from benchmarks.run_results import newest_record
from data.known.datasets import locate

SEED = 0
PAIRS = 2


def penguins() -> Sequence[Figure]:
    """Whole processes, by turns, the faster of each; what Slipway's does beside the template's steps counts too."""
    secs: dict[str, list[float]] = {"ours": [], "template": []}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "data").mkdir()
        shutil.copy(locate("penguins") / "penguins_processed.csv", place / "data")
        for pair in range(PAIRS):
            root, out = place / f"root-{pair}", place / f"template-{pair}"
            out.mkdir()
            config = "pipeline/configs/penguins.yaml"
            secs["ours"].append(_secs("pipeline.cli", "run", config, "--root", str(root)))
            record = newest_record(root)
            if not record.pushes:
                raise RuntimeError(f"a run must end in a push. Received: {record.state}.")
            secs["template"].append(_secs("benchmarks.tfx_template", str(out), str(place / "data")))
            if not list((out / "serving").iterdir()):
                raise RuntimeError("the template's run must end in a push. Received: none.")
    print(f"penguins, seconds: {secs}", flush=True)
    ours, template = min(secs["ours"]), min(secs["template"])
    return [
        Figure("penguins: whole DAG, seconds", ours, 0.5 * template, "<="),
        Figure("penguins: whole DAG over TFX's own template", ours / template, 0.5, "<="),
        Figure("penguins: test accuracy", record.metrics["test_accuracy"], 0.97, ">="),
    ]


def _secs(module: str, *arguments: str) -> float:
    start_secs = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - start_secs


SECTIONS = {
    "penguins": penguins,
    "taxi": tabular_taxi.against_scikit_learn,
    "int8": tabular_taxi.int8_against_float,
    "folds": tabular_folds.against_scikit_learn,
    "rows": tabular_rows.of_thousands,
}

if __name__ == "__main__":
    main_of_sections("tabular", SECTIONS, seed=SEED, asked={"million": tabular_rows.of_a_million})
