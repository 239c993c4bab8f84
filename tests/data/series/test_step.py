"""The step of a series that the config does not say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.series.file import SeriesFile
from data.series.repair import Repairs, to_grid
from data.series.step import as_length, is_length, most_frequent_step_secs
from data.series.windows import SeriesWindows
from tasks.loading import TaskSpec

DAY = 86_400


def _write(path, stamps, **columns):
    values = np.sin(np.arange(len(stamps)))
    pd.DataFrame({"date": stamps, "x": values, **columns}).to_csv(path, index=False)
    return path


def _source(path, **options) -> SeriesFile:
    return SeriesFile(**{"kind": "series_file", "file": path, **options})


@given(secs=st.integers(1, 10**9))
def test_a_step_is_written_as_it_is_read(secs):
    assert is_length(as_length(secs))
    assert pd.Timedelta(as_length(secs)).total_seconds() == secs


@pytest.mark.parametrize(("secs", "text"), [(900, "15min"), (3600, "1h"), (DAY, "1d"), (7 * DAY, "7d"), (90, "90s")])
def test_a_step_is_written_in_the_largest_unit(secs, text):
    assert as_length(secs) == text


@given(step=st.integers(1, 10**6), places=st.sets(st.integers(0, 60), min_size=40), order=st.randoms())
def test_stamps_that_are_mostly_there_tell_their_step_in_any_order(step, places, order):
    """Of 40 or more of 61 rows, one step is the most frequent distance: 20 gaps at the most lie between them."""
    stamps = [step * place for place in places]
    order.shuffle(stamps)
    assert most_frequent_step_secs([np.array(stamps)], name="a") == step


def test_of_equally_frequent_lengths_the_shortest_is_taken():
    assert most_frequent_step_secs([np.array([0, 3, 4])], name="a") == 1


def test_one_stamp_tells_no_step(tmp_path):
    path = _write(tmp_path / "a.csv", ["2020-01-01"])
    with pytest.raises(DataError, match=r"two at least. Received: one. Set options.source.every"):
        _source(path).step_secs()


@pytest.mark.parametrize("freq", ["15min", "1h", "1D", "7D"])
def test_a_file_tells_its_step(tmp_path, freq):
    source = _source(_write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=90, freq=freq)))
    [series] = source.read(longest_gap=4).series
    assert series.step_secs == source.step_secs() == pd.Timedelta(freq).total_seconds()
    assert len(series.values) == 90


def test_business_days_are_days_with_gaps(tmp_path):
    source = _source(_write(tmp_path / "a.csv", pd.bdate_range("2020-01-06", periods=10)))
    found = source.read(longest_gap=4)
    assert found.series[0].step_secs == DAY
    assert found.repairs == {"absent rows": 2}


def test_series_below_each_other_have_one_step(tmp_path):
    stamps = pd.date_range("2020-01-01", periods=20, freq="1D")
    path = _write(tmp_path / "a.csv", stamps.append(stamps), site=["a"] * 20 + ["b"] * 20)
    assert _source(path, series_column="site").step_secs() == DAY


def test_the_step_changes_with_the_data(tmp_path):
    source = _source(_write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=20, freq="1D")))
    assert source.step_secs() == DAY
    _write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=21, freq="1h"))
    assert source.step_secs() == 3600


@pytest.mark.parametrize("freq", ["MS", pd.offsets.MonthEnd(), "QS", "YS"])
def test_calendar_months_are_refused(tmp_path, freq):
    path = _write(tmp_path / "a.csv", pd.date_range("2001-01-01", periods=40, freq=freq))
    with pytest.raises(DataError, match=r"one length. Received: stamps that are calendar months or years apart.*2001"):
        _source(path).read(longest_gap=4)


def test_a_grid_that_is_mostly_absent_is_refused(tmp_path):
    """Of each day's 24 hours 23 have no row: 23 x 99 of 24 x 99 + 1 rows."""
    path = _write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=100, freq="1D"))
    message = (
        r"at most 50% of the rows .*Received: 95\.8% absent with a row every 1h, where stamps are mostly 1d apart\. "
        r"Set options\.source\.every to 1d, or raise options\.source\.repairs\.max_absent"
    )
    with pytest.raises(DataError, match=message):
        _source(path, every="1h").read(longest_gap=48)
    [series] = _source(path, every="1h", repairs={"max_absent": 0.96}).read(longest_gap=48).series
    assert len(series.values) == 24 * 99 + 1


def test_a_grid_is_refused_before_it_is_made():
    """A hundred thousand million rows would not fit."""
    index = pd.to_datetime(["1970-01-01 00:00:00", "1970-01-01 00:00:01", "2200-01-01 00:00:00", "2250-01-01 00:00:00"])
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=index)
    with pytest.raises(DataError, match=r"100\.0% absent"):
        to_grid(frame, name="a", step_secs=1, repairs=Repairs(), longest_gap=10)


def test_what_is_cut_out_is_not_absent():
    hours = [0, 1, 2, 1000, 1001]
    frame = pd.DataFrame({"x": np.arange(5.0)}, index=pd.to_datetime("2020-01-01") + pd.to_timedelta(hours, unit="h"))
    pieces, _ = to_grid(frame, name="a", step_secs=3600, repairs=Repairs(long_gap="cut"), longest_gap=4)
    assert [len(piece.values) for piece in pieces] == [3, 2]


def test_stamps_within_one_second_are_one_stamp(tmp_path):
    """They fell into one row, the last of them silently."""
    path = _write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=8, freq="500ms"))
    with pytest.raises(DataError, match="a stamp must occur once"):
        _source(path, every="1s").read(longest_gap=4)


def test_the_steps_of_a_pipeline_get_the_step_that_was_found(tmp_path):
    path = _write(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=90, freq="1D"))
    source = {"kind": "series_file", "file": str(path)}
    options = {"source": source, "lookback": 4, "horizon": 2, "model": {"kind": "nlinear"}}
    task = TaskSpec(task="tasks.forecasting.Forecasting", options=options).load()
    resolved = task.resolved_options()
    path.unlink()
    assert resolved.source.every == "1d"
    assert type(task)(resolved).serving_metadata()["step_secs"] == DAY


def test_a_split_ends_a_step_after_its_last_row(tmp_path):
    path = _write(tmp_path / "a.csv", pd.date_range("1970-01-01", periods=100, freq="1D"))
    windows = SeriesWindows(source=_source(path), lookback=4, horizon=2)
    assert windows.bounds()["test"] == (80 * DAY, 100 * DAY)
