import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data.errors import DataError
from data.series.windows import SeriesWindows
from data.source import SPLITS, Source


def _windows(path, values, **options) -> SeriesWindows:
    """Hourly rows from 2020 on."""
    stamps = pd.date_range("2020-01-01", periods=len(values), freq="1h")
    pd.DataFrame({"date": stamps, "x": values, "y": -np.asarray(values)}).to_csv(path, index=False)
    source = {"kind": "series_file", "file": path, **options.pop("source", {})}
    return SeriesWindows(**{"source": source, "lookback": 4, "horizon": 2, **options})


def _floats(example, name) -> list[float]:
    return list(example.features.feature[name].float_list.value)


def _integer(example, name) -> int:
    [value] = example.features.feature[name].int64_list.value
    return value


def _examples(windows, split):
    return [example for shard in windows.shards(split) for _, example in windows.examples(shard)]


def test_it_is_a_source(tmp_path):
    assert isinstance(_windows(tmp_path / "a.csv", range(100)), Source)


@settings(max_examples=15)
@given(rows=st.integers(60, 90))
def test_the_windows_cut_from_train_are_those_of_the_series(tmp_path_factory, rows):
    windows = _windows(tmp_path_factory.mktemp("a") / "a.csv", range(rows))
    cut = []
    for example in _examples(windows, "train"):
        values = np.reshape(_floats(example, "history") + _floats(example, "future"), (-1, 2))
        cut += [values[offset : offset + 6] for offset in range(_integer(example, "windows"))]
    train = sum(10 * row < 7 * rows for row in range(rows))
    expected = [[[row, -row] for row in range(first, first + 6)] for first in range(train - 5)]
    np.testing.assert_array_equal(cut, expected)


def test_futures_of_the_later_splits_lie_in_them_at_stride_one(tmp_path):
    windows = _windows(tmp_path / "a.csv", range(100))
    futures = {split: [_floats(e, "future")[0::2] for e in _examples(windows, split)] for split in ("eval", "test")}
    assert futures["eval"] == [[row, row + 1] for row in range(70, 79)]
    assert futures["test"] == [[row, row + 1] for row in range(80, 99)]
    first = _examples(windows, "eval")[0]
    assert _floats(first, "history")[0::2] == [66, 67, 68, 69]


def test_an_example_tells_when_it_forecasts_and_what_is_missing(tmp_path):
    values = [np.nan, *range(1, 100)]
    [example, *_] = _examples(_windows(tmp_path / "a.csv", values), "train")
    assert _integer(example, "start") == pd.Timestamp("2020-01-01").timestamp()
    assert _floats(example, "missing")[0] == pytest.approx(1 / (len(_floats(example, "history")) / 2 + 2))
    [first, *_] = _examples(_windows(tmp_path / "b.csv", range(1000)), "test")
    forecast_at = pd.Timestamp("2020-01-01") + pd.Timedelta(hours=800)
    assert (_integer(first, "hour"), _integer(first, "month")) == (forecast_at.hour, forecast_at.month)


def test_a_series_that_is_too_short_is_refused(tmp_path):
    windows = _windows(tmp_path / "a.csv", range(5))
    with pytest.raises(DataError, match=r"4 \+ 2 rows. Received: a with 5"):
        windows.shards("train")


def test_a_short_series_among_others_is_skipped_and_counted(tmp_path):
    stamps = pd.date_range("2020-01-01", periods=60, freq="1h")
    frames = [pd.DataFrame({"date": stamps[:n], "site": site, "x": range(n)}) for site, n in (("a", 60), ("b", 5))]
    pd.concat(frames).to_csv(tmp_path / "a.csv", index=False)
    source = {"kind": "series_file", "file": tmp_path / "a.csv", "series_column": "site", "repairs": {"short": "skip"}}
    windows = SeriesWindows(source=source, lookback=4, horizon=2)
    assert windows.read().repairs == {"series too short": 1}
    assert {example.features.feature["series"].bytes_list.value[0] for example in _examples(windows, "train")} == {b"a"}


def test_a_split_without_a_window_is_refused(tmp_path):
    windows = _windows(tmp_path / "a.csv", range(20), splits={"train": 0.9, "eval": 0.05, "test": 0.05})
    with pytest.raises(DataError, match=r"The split eval must hold a window"):
        windows.shards("eval")


RANGES = {
    "train": ("2020-01-01", "2020-01-03"),
    "eval": ("2020-01-03", "2020-01-04"),
    "test": ("2020-01-04", "2020-01-05"),
}


def test_ranges_are_taken_to_the_row(tmp_path):
    windows = _windows(tmp_path / "a.csv", range(100), splits=RANGES)
    assert {split: sum(s.windows for s in windows.segments(split)) for split in SPLITS} == {
        "train": 48 - 5,
        "eval": 24 - 1,
        "test": 24 - 1,
    }


@pytest.mark.parametrize(
    ("split", "given_range", "message"),
    [
        (
            "test",
            ("2020-01-02", "2020-01-05"),
            r"test must start where that of eval ends.*test from 2020-01-02",
        ),
        ("eval", ("2020-01-02", "2020-01-04"), r"eval must start where that of train ends"),
        ("train", ("2020-01-03", "2020-01-01"), r"train must end after it starts"),
        ("train", ("then", "2020-01-01"), r"train must be two stamps"),
    ],
)
def test_a_range_that_overlaps_an_earlier_one_is_refused(tmp_path, split, given_range, message):
    with pytest.raises(ValidationError, match=message):
        _windows(tmp_path / "a.csv", range(100), splits={**RANGES, split: given_range})


def test_shares_add_up_to_one(tmp_path):
    with pytest.raises(ValidationError, match="must add up to 1"):
        _windows(tmp_path / "a.csv", range(100), splits={"train": 0.7, "eval": 0.2, "test": 0.2})


def test_it_survives_json(tmp_path):
    for splits in (RANGES, {"train": 0.6, "eval": 0.2, "test": 0.2}):
        windows = _windows(tmp_path / "a.csv", range(100), splits=splits)
        assert SeriesWindows.model_validate_json(windows.model_dump_json()) == windows


def test_the_bundled_series_has_its_known_gaps():
    windows = SeriesWindows(source={"kind": "co2"}, lookback=104, horizon=26)
    [series] = windows.read().series
    assert series.values.shape == (2284, 1)
    assert np.isnan(series.values).sum() == 59


def test_every_example_has_the_deviation_of_the_train_rows_alone(tmp_path):
    """As the protocol of Informer scales: by pandas, of the first 70 of 100 rows, a gap left out."""
    values = np.random.default_rng(0).normal(scale=3, size=100)
    values[[5, 80]] = np.nan
    windows = _windows(tmp_path / "a.csv", values, splits={"train": 0.7, "eval": 0.1, "test": 0.2})
    expected = pd.Series(values[:70]).std(ddof=0)
    for split in SPLITS:
        for example in _examples(windows, split):
            assert _floats(example, "scale") == pytest.approx([expected, expected], rel=1e-6)


def test_a_channel_that_does_not_vary_has_a_scale_of_one(tmp_path):
    windows = _windows(tmp_path / "a.csv", [2.0] * 60, source={"repairs": {"constant": "keep"}})
    np.testing.assert_array_equal(windows.scale(), [1, 1])
