import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.series.repair import Repairs, to_grid

HOUR = 3600


def _frame(hours, values=None) -> pd.DataFrame:
    index = pd.to_datetime("2020-01-01") + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame({"load": np.arange(len(hours), dtype=float) if values is None else values}, index=index)


def _to_grid(frame, longest_gap=3, **repairs):
    return to_grid(frame, name="plant", step_secs=HOUR, repairs=Repairs(**repairs), longest_gap=longest_gap)


def test_a_regular_series_stays_as_it_is():
    [series], counts = _to_grid(_frame([0, 1, 2]))
    assert series.values.tolist() == [[0.0], [1.0], [2.0]]
    assert series.times_secs.tolist() == [1577836800 + HOUR * hour for hour in range(3)]
    assert not counts


def test_absent_rows_become_missing_values_and_are_counted():
    [series], counts = _to_grid(_frame([0, 1, 4]))
    np.testing.assert_equal(series.values[:, 0], [0, 1, np.nan, np.nan, 2])
    assert counts == {"absent rows": 2}


def test_rows_out_of_order_are_refused_by_their_place():
    with pytest.raises(DataError, match=r"must rise. Received: 2020-01-01 01:00:00 after 2020-01-01 02:00:00 in row 3"):
        _to_grid(_frame([0, 2, 1]))


def test_rows_out_of_order_are_sorted_and_counted():
    [series], counts = _to_grid(_frame([0, 2, 1]), unsorted="sort")
    assert series.values[:, 0].tolist() == [0, 2, 1]
    assert counts == {"rows out of order": 1}


def test_duplicated_stamps_are_refused():
    with pytest.raises(DataError, match=r"must occur once. Received: 2020-01-01 01:00:00 more than once, and 1 more"):
        _to_grid(_frame([0, 1, 1, 1, 2]))


@pytest.mark.parametrize(("rule", "value"), [("first", 10.0), ("last", 30.0), ("mean", 20.0)])
def test_of_duplicated_stamps_one_value_is_taken(rule, value):
    [series], counts = _to_grid(_frame([0, 1, 1, 2], [0.0, 10.0, 30.0, 5.0]), duplicated=rule)
    assert series.values[:, 0].tolist() == [0, value, 5]
    assert counts == {"duplicated stamps": 1}


def test_a_stamp_off_the_grid_is_refused():
    with pytest.raises(DataError, match=r"3600 seconds apart.*Received: 2020-01-01 01:30:00, 5400 seconds after"):
        _to_grid(_frame([0, 1.5, 3]))


def test_a_gap_longer_than_the_look_back_is_refused():
    with pytest.raises(DataError, match=r"the look-back, 3 rows. Received: 4 rows without a value after 2020-01-01T01"):
        _to_grid(_frame([0, 1, 6, 7]))


def test_a_gap_as_long_as_the_look_back_is_kept():
    [series], _ = _to_grid(_frame([0, 1, 5, 6]))
    assert len(series.values) == 7


def test_a_series_is_cut_at_a_long_gap():
    (first, second), counts = _to_grid(_frame([0, 1, 6, 7]), long_gap="cut")
    assert (first.values[:, 0].tolist(), second.values[:, 0].tolist()) == ([0, 1], [2, 3])
    assert second.start_secs - first.start_secs == 6 * HOUR
    assert counts["cuts at long gaps"] == 1


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [np.nan, 5.0, 5.0], [np.nan] * 3])
def test_a_constant_channel_is_refused(values):
    with pytest.raises(DataError, match=r"must vary. Received: load"):
        _to_grid(_frame([0, 1, 2], values))


def test_a_constant_channel_is_kept_and_counted():
    _, counts = _to_grid(_frame([0, 1, 2], [5.0, 5.0, 5.0]), constant="keep")
    assert counts == {"constant channels": 1}


def test_infinity_is_refused():
    with pytest.raises(DataError, match=r"must be finite.*Received: inf in load"):
        _to_grid(_frame([0, 1, 2], [1.0, np.inf, 2.0]))
