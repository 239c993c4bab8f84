"""Sinusoids against their formula, and what is stored of them."""

import numpy as np
import pytest

from data.sinusoids import SinusoidEpisodes, Sinusoids


def _source(**family):
    return SinusoidEpisodes(family=Sinusoids(kind="sinusoids", **family), shots=(5, 10), queries=4)


def _features(source, split):
    examples = [example for shard in source.shards(split) for _, example in source.examples(shard)]
    return [
        {
            name: list(feature.float_list.value or feature.int64_list.value)
            for name, feature in example.features.feature.items()
        }
        for example in examples
    ]


def test_train_tasks_are_their_parameters_alone():
    [task] = _features(_source(train=1), "train")
    assert {name: len(values) for name, values in task.items()} == {
        "amplitude": 1,
        "phase": 1,
        "support_x": 0,
        "support_y": 0,
        "query_x": 0,
        "query_y": 0,
        "shot": 1,
    }


def test_judged_tasks_hold_points_of_their_sinusoid():
    for task in _features(_source(test=6), "test"):
        for points in ("support", "query"):
            expected = task["amplitude"] * np.sin(np.subtract(task[f"{points}_x"], task["phase"]))
            np.testing.assert_allclose(task[f"{points}_y"], expected, rtol=1e-4, atol=1e-5)


def test_judged_tasks_take_turns_among_the_shots_and_share_even_queries():
    tasks = _features(_source(eval=4), "eval")
    assert [task["shot"] for task in tasks] == [[5], [10], [5], [10]]
    assert [len(task["support_x"]) for task in tasks] == [5, 10, 5, 10]
    np.testing.assert_allclose(tasks[0]["query_x"], [-5, -5 / 3, 5 / 3, 5], rtol=1e-6)


def test_parameters_fill_their_ranges_evenly():
    amplitude, phase = Sinusoids(kind="sinusoids").parameters("train")
    assert amplitude.mean() == pytest.approx(2.55, abs=0.05)
    assert phase.mean() == pytest.approx(np.pi / 2, abs=0.05)
    assert amplitude.min() >= 0.1
    assert phase.max() <= np.pi


def test_the_same_seed_gives_the_same_tasks_and_another_seed_others():
    assert _features(_source(test=2), "test") == _features(_source(test=2), "test")
    assert _features(_source(test=2), "test") != _features(_source(test=2, seed=1), "test")


def test_a_range_that_does_not_rise_is_refused():
    with pytest.raises(ValueError, match="lower and a higher"):
        Sinusoids(kind="sinusoids", amplitude=(5.0, 0.1))
