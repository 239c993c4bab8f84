"""Spread over seeds, by hand and against SciPy's own t test."""

import numpy as np
import pytest
import scipy.stats

from inspection.seeds import SeedSpread, other_seeds, seed_spread
from records.run import RunRecord


def _run(seed: int, value: float, *, epochs: int = 3, commit: str = "a", root: str = "x") -> RunRecord:
    config = {"root": root, "seed": seed, "train": {"epochs": epochs}}
    return RunRecord(
        run_id=f"{seed}-{value}", pipeline="digits", config=config, git_commit=commit, metrics={"test_accuracy": value}
    )


def test_runs_that_differ_in_the_seed_alone_are_found():
    mine = _run(0, 0.9)
    others = [_run(1, 0.8), _run(2, 0.8, epochs=4), _run(3, 0.8, commit="b"), _run(4, 0.7, root="y"), _run(0, 0.9)]
    assert [record.config["seed"] for record in other_seeds(mine, others)] == [1, 4]
    # A run that was repeated counts once.
    assert len(other_seeds(mine, [_run(1, 0.8), _run(1, 0.8)])) == 1


def test_the_spread_is_pooled_over_both_configs():
    """Of 0.90, 0.92 and 0.94 the squares are 0.0008, of 0.7 and 0.8 they are 0.005, of three degrees together."""
    others = [_run(2, 0.90), _run(3, 0.92), _run(4, 0.94), _run(2, 0.7, epochs=9), _run(3, 0.8, epochs=9)]
    found = seed_spread("test_accuracy", _run(0, 0.5), _run(0, 0.5, epochs=9), others)
    assert (found.degrees, found.deviation) == (3, pytest.approx((0.0058 / 3) ** 0.5))


def test_the_runs_that_are_compared_are_no_witnesses_of_their_own():
    first, second = _run(0, 0.5), _run(1, 0.9)
    others = [first, second, _run(2, 0.90), _run(3, 0.92), _run(4, 0.94)]
    found = seed_spread("test_accuracy", first, second, others)
    assert (found.degrees, found.deviation) == (2, pytest.approx(0.02))


def test_too_few_runs_tell_nothing():
    assert seed_spread("test_accuracy", _run(0, 0.5), _run(1, 0.9), [_run(2, 0.9), _run(3, 0.92)]) is None
    assert seed_spread("test_mae", _run(0, 0.5), _run(1, 0.9), [_run(seed, 0.9) for seed in range(2, 9)]) is None


def test_the_p_value_is_of_the_t_distribution():
    assert SeedSpread(deviation=0.1, degrees=4).p(0.2) == pytest.approx(2 * scipy.stats.t.cdf(-0.2 / (0.1 * 2**0.5), 4))
    assert (SeedSpread(deviation=0.0, degrees=4).p(0.0), SeedSpread(deviation=0.0, degrees=4).p(0.1)) == (1.0, 0.0)


def test_seeds_alone_are_called_more_than_chance_as_often_as_said():
    """Of 2,000 draws at 5 %, a count outside of 70 to 130 comes less than twice in a thousand times."""
    draw, alarms = np.random.default_rng(0), 0
    for _ in range(2000):
        values = draw.normal(0.9, 0.01, 7).tolist()
        runs = [_run(seed, value) for seed, value in enumerate(values)]
        spread = seed_spread("test_accuracy", runs[0], runs[1], runs)
        alarms += spread.p(values[1] - values[0]) < 0.05
    assert 70 <= alarms <= 130
