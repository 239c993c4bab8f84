"""What sources tell about themselves; what they count is what they give."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.images.digits import Digits
from data.images.episodes import ImageEpisodes
from data.images.idx_images import IDXImages
from data.overview import HasOverview
from data.series.windows import SeriesWindows
from data.sinusoids import SinusoidEpisodes, Sinusoids
from data.source import SPLITS
from tests.data.idx_files import write_dataset


def _counted(source) -> dict[str, list[int]]:
    """By reading all examples."""
    found = {
        split: Counter(
            example.features.feature["label"].int64_list.value[0]
            for shard in source.shards(split)
            for _, example in source.examples(shard)
        )
        for split in SPLITS
    }
    return {split: [counts[label] for label in range(len(source.class_names()))] for split, counts in found.items()}


def test_digits_are_counted_by_class_and_split():
    source = Digits(kind="digits")
    assert source.class_counts() == _counted(source)
    assert source.overview().rows[-1] == ("all", *(sum(counts) for counts in _counted(source).values()))


def test_idx_files_are_counted_by_class_and_split(tmp_path):
    write_dataset(tmp_path, train=60, test=20)
    source = IDXImages(kind="idx", directory=tmp_path, classes=("a", "b", "none"), eval=0.3)
    assert source.class_counts() == _counted(source)
    overview = source.overview()
    assert overview.facts["images"] == "4 x 4"
    assert overview.notes == tuple(f"{split} has no image of none" for split in SPLITS)


def test_sinusoids_tell_their_ranges_and_tasks():
    source = SinusoidEpisodes(family=Sinusoids(kind="sinusoids", train=30), shots=(5, 10), queries=4)
    overview = source.overview()
    assert (overview.facts["amplitude"], overview.facts["shots"]) == ("0.1 to 5", "5, 10")
    assert overview.rows == (("train", 30), ("eval", 200), ("test", 1000))


def _windows(path, stamps, **options) -> SeriesWindows:
    values = np.where(np.arange(len(stamps)) < 5, np.nan, np.sin(np.arange(len(stamps))))
    pd.DataFrame({"date": stamps, "x": values, "y": 1.0 + values}).to_csv(path, index=False)
    return SeriesWindows(source={"kind": "series_file", "file": path, **options}, lookback=10, horizon=2)


def test_series_tell_channels_step_range_windows_and_repairs(tmp_path):
    stamps = pd.date_range("2020-01-01", periods=100, freq="1D").delete([40, 41])
    windows = _windows(tmp_path / "plant.csv", stamps)
    overview = windows.overview()
    # 70, 10 and 20 days; those of eval and test may look back, so that only the horizon has to fit.
    assert overview.facts == {
        "channels": "x, y",
        "step": "1d, as stamps are mostly apart",
        "windows": "train 59, eval 9, test 19",
    }
    assert overview.rows == (("plant", 100, "2020-01-01 00:00:00", "2020-04-09 00:00:00", "7.0%"),)
    assert overview.notes == ("repaired: 2 absent rows",)
    assert overview.headline == "100 rows, one every 1d, as stamps are mostly apart"
    assert _windows(tmp_path / "plant.csv", stamps, every="1d").overview().facts["step"] == "1d"


def test_a_split_without_a_window_is_found_by_looking(tmp_path):
    with pytest.raises(DataError, match=r"The split train must hold a window"):
        _windows(tmp_path / "a.csv", pd.date_range("2020-01-01", periods=14, freq="1D")).overview()


def _episodes(**sizes) -> ImageEpisodes:
    options = {"ways": (2,), "shots": (1,), "queries": 3, "eval": 5, "test": 7, **sizes}
    return ImageEpisodes(source={"kind": "digits"}, splits={"train": 0.4, "eval": 0.3, "test": 0.3}, **options)


def test_episodes_tell_classes_and_images_of_each_split():
    episodes = _episodes()
    expected = []
    for split, judged in (("train", "drawn in training"), ("eval", 5), ("test", 7)):
        sizes = [len(one.images) for one in episodes.classes(split)]
        expected.append((split, len(sizes), sum(sizes), min(sizes), judged))
    assert isinstance(episodes, HasOverview)
    assert episodes.overview().rows == tuple(expected)


@pytest.mark.parametrize("sizes", [{"ways": (9,)}, {"queries": 500}])
def test_episodes_that_cannot_be_drawn_are_found_by_looking(sizes):
    with pytest.raises(DataError, match=r"Each (split|class) must have as many"):
        _episodes(**sizes).overview()
