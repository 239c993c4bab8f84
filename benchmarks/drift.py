"""Whether the data gate finds planted drift, and lets data of one distribution pass, at its default limits.

Each pair is two datasets, drawn anew. In the second, every value of a numeric feature is moved by a share of its
standard deviation, or one value of a categorical feature gives some of its share to another; or nothing is.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

from benchmarks.figures import Figure, main
from components.data_gate.drift import drift_findings
from components.data_gate.options import DriftConfig
from components.data_gate.passed_data import PassedData

SEED = 0
PAIRS = 200
EXAMPLES = 2000
FEW_EXAMPLES = 200
# Of a feature's standard deviation.
SHIFTS = (0.25, 0.5, 1.0)
# Shares that one value gives to another.
SWAPS = (0.05, 0.1, 0.2)
SHARES = (0.5, 0.3, 0.2)

Columns = Mapping[str, np.ndarray]
Draw = Callable[[np.random.Generator, int], np.ndarray]
FEATURES: Mapping[str, Draw] = {
    "normal": lambda rng, count: rng.normal(size=count),
    "lognormal": lambda rng, count: rng.lognormal(size=count),
    "exponential": lambda rng, count: rng.exponential(size=count),
    "counts": lambda rng, count: rng.poisson(3.0, size=count),
    "mostly zero": lambda rng, count: np.where(rng.random(count) < 0.7, 0.0, rng.exponential(size=count)),
    "three values": lambda rng, count: _choose(rng, count, SHARES),
    "fifty values": lambda rng, count: _choose(rng, count, [1 / 50] * 50),
}
# Those with a standard deviation of one.
SHIFTED = ("normal", "exponential")


def measure() -> Sequence[Figure]:
    """The share of the pairs that the gate refuses, by what was planted."""
    rng = np.random.default_rng(SEED)
    return [*_of_shifts(rng), *_of_swaps(rng), *_of_undrifted(rng)]


def _of_shifts(rng: np.random.Generator) -> Iterator[Figure]:
    for name in SHIFTED:
        for shift in SHIFTS:
            pairs = (
                ({name: FEATURES[name](rng, EXAMPLES)}, {name: FEATURES[name](rng, EXAMPLES) + shift})
                for _ in range(PAIRS)
            )
            what = f"{name} feature moved by {shift:g} standard deviations: share caught"
            yield Figure(what, _share_refused(pairs), float(shift == SHIFTS[-1]), ">=")


def _of_swaps(rng: np.random.Generator) -> Iterator[Figure]:
    for swap in SWAPS:
        shares = (SHARES[0] - swap, SHARES[1] + swap, SHARES[2])
        pairs = (
            ({"value": _choose(rng, EXAMPLES, SHARES)}, {"value": _choose(rng, EXAMPLES, shares)}) for _ in range(PAIRS)
        )
        what = f"{100 * swap:.0f} points of share from one value to another: share caught"
        yield Figure(what, _share_refused(pairs), float(swap == SWAPS[-1]), ">=")


def _of_undrifted(rng: np.random.Generator) -> Iterator[Figure]:
    for count in (EXAMPLES, FEW_EXAMPLES):
        pairs = (
            (
                {name: draw(rng, count) for name, draw in FEATURES.items()},
                {name: draw(rng, count) for name, draw in FEATURES.items()},
            )
            for _ in range(PAIRS)
        )
        what = f"nothing moved, {len(FEATURES)} features of {count:,} examples: share refused"
        yield Figure(what, _share_refused(pairs), 0.05, "<=")


def _choose(rng: np.random.Generator, count: int, shares: Sequence[float]) -> np.ndarray:
    return rng.choice([f"value {place}" for place in range(len(shares))], size=count, p=shares)


def _share_refused(pairs: Iterable[tuple[Columns, Columns]]) -> float:
    return float(np.mean([_is_refused(then, now) for then, now in pairs]))


def _is_refused(then: Columns, now: Columns) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        passed = PassedData(directory)
        passed.add({"train": _statistics(then)})
        return any(finding.refuses for finding in drift_findings({"train": _statistics(now)}, passed, DriftConfig()))


def _statistics(columns: Columns) -> statistics_pb2.DatasetFeatureStatisticsList:
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), n_jobs=1)


if __name__ == "__main__":
    main("drift", measure, seed=SEED)
