import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from data.errors import DataError, SourceNotFoundError
from data.series.file import SeriesFile


def _source(path, **options) -> SeriesFile:
    return SeriesFile(**{"kind": "series_file", "file": path, "every": "1h", **options})


@pytest.fixture
def frame() -> pd.DataFrame:
    stamps = pd.date_range("2020-01-01", periods=4, freq="1h")
    return pd.DataFrame({"date": stamps, "load": [1.0, 2.0, np.nan, 4.0], "wind": [4, 3, 2, 1]})


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_both_formats_give_the_same(frame, tmp_path, suffix):
    path = tmp_path / f"plant.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    source = _source(path)
    [series] = source.read(longest_gap=4).series
    assert source.channel_names() == ("load", "wind")
    assert series.name == "plant"
    np.testing.assert_equal(series.values, np.float32([[1, 4], [2, 3], [np.nan, 2], [4, 1]]))


def test_rows_of_several_series_are_told_apart_by_a_column(frame, tmp_path):
    both = pd.concat([frame.assign(site="b"), frame.assign(site="a", load=[9.0, 8.0, 7.0, 6.0])])
    both.to_csv(tmp_path / "sites.csv", index=False)
    source = _source(tmp_path / "sites.csv", series_column="site", columns=("load",))
    first, second = source.read(longest_gap=4).series
    assert source.channel_names() == ("load",)
    assert (first.name, first.values[:, 0].tolist()) == ("a", [9, 8, 7, 6])
    assert second.name == "b"


def test_stamps_with_a_zone_are_taken_in_utc(tmp_path):
    (tmp_path / "a.csv").write_text("date,x\n2020-01-01T02:00:00+02:00,1\n2020-01-01T03:00:00+02:00,2\n")
    [series] = _source(tmp_path / "a.csv").read(longest_gap=4).series
    assert series.start_secs == pd.Timestamp("2020-01-01").timestamp()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("date,x\nsoon,1\n", "the column date must hold stamps"),
        ("date,x\n,1\n2020-01-01,2\n", "every row must have a stamp. Received: none in row 1"),
        ("day,x\n2020-01-01,1\n", "must have the columns date, day, x. Received: day, x"),
        ("date,x\n2020-01-01,high\n", "a channel must hold numbers. Received: 'high' in x"),
        ("date,x\n", "must hold rows"),
        ("", "must be readable"),
        ("x\n1\n2\n", "a file without a time column needs start and every"),
    ],
)
def test_what_is_no_series_is_refused(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        _source(tmp_path / "a.csv").read(longest_gap=4)


def test_rows_without_a_series_are_refused(tmp_path):
    """They were dropped."""
    (tmp_path / "a.csv").write_text("date,site,x\n2020-01-01,a,1\n2020-01-02,,2\n")
    with pytest.raises(DataError, match=r"every row must name its series. Received: none in row 2"):
        _source(tmp_path / "a.csv", series_column="site").read(longest_gap=4)


def test_rows_without_stamps_are_a_step_apart_from_the_start(tmp_path):
    (tmp_path / "a.csv").write_text("site,x\na,1\nb,2\na,3\nb,4\na,5\n")
    source = _source(tmp_path / "a.csv", start="2020-01-01T06:00", every="15min", series_column="site")
    first, second = source.read(longest_gap=4).series
    assert first.values[:, 0].tolist() == [1, 3, 5]
    assert second.values[:, 0].tolist() == [2, 4]
    assert first.start_secs == second.start_secs == pd.Timestamp("2020-01-01T06:00").timestamp()
    assert first.step_secs == 900


def test_a_date_of_yaml_is_a_start(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    source = _source(tmp_path / "a.csv", **yaml.safe_load("{start: 2020-01-01, every: 1d}"))
    assert SeriesFile.model_validate_json(source.model_dump_json()) == source
    [series] = source.read(longest_gap=4).series
    assert series.start_secs == pd.Timestamp("2020-01-01").timestamp()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "2020-01-01", "every": None}, "it needs file and every. Received: start=2020-01-01, every=None"),
        ({"start": "soon"}, "start must be a stamp. Received: 'soon'"),
        ({"start": "2020-01-01", "file": None, "dataset": "etth1"}, "it needs file and every"),
    ],
)
def test_a_start_needs_a_step(options, message):
    with pytest.raises(ValidationError, match=message):
        _source("a.csv", **options)


def test_a_start_beside_a_time_column_is_refused(frame, tmp_path):
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match=r"must have no time column where options.source.start is set. Received: date"):
        _source(tmp_path / "a.csv", start="2020-01-01").read(longest_gap=4)


def test_a_missing_file_is_found_out_before_anything_runs(tmp_path):
    with pytest.raises(SourceNotFoundError, match="which does not exist"):
        _source(tmp_path / "a.csv").fingerprint()


@pytest.mark.parametrize("every", ["1M", "often", "0h", "0.5s"])
def test_a_step_is_a_length_of_time(every):
    with pytest.raises(ValidationError, match="every must be whole s, min"):
        _source("a.csv", every=every)


def test_a_source_has_one_place():
    with pytest.raises(ValidationError, match="takes dataset or file"):
        SeriesFile(kind="series_file")


def test_named_channels_need_no_data(tmp_path):
    source = SeriesFile(
        kind="series_file", file=tmp_path / "absent.csv", time_column="t", every="1h", columns=["b", "a"]
    )
    assert source.channel_names() == ("b", "a")
