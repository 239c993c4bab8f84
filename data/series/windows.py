"""Series as tf.Examples: overlapping segments to train on, and every window to judge on.

A window is `lookback` rows that a model sees and `horizon` rows that it forecasts. Stored one by one, train windows
would take their length times the series' bytes. Segments of about three windows, overlapping by a window less one row,
hold them all in 1.5 times those bytes; a reader cuts the windows out.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from data.errors import DataError
from data.overview import Overview
from data.series.file import SeriesFile
from data.series.repair import SHORT
from data.series.segments import Segment, train_segments
from data.series.series import Series, SeriesSet
from data.series.source import SeriesSource
from data.series.splits import TimeShares, TimeSplits
from data.source import SPLITS

if TYPE_CHECKING:
    import tensorflow as tf

EXAMPLES_PER_SHARD = 2048
DAY_SECS = 24 * 3600


class SeriesWindows(BaseModel):
    """The source of forecasting tasks: segments of a series in train, single windows in eval and test.

    Features of an example:

    - `history`: float `[row · channel]`, all rows but the last `horizon`; NaN where a value is missing.
    - `future`: float `[horizon · channel]`, the last `horizon` rows.
    - `start`: time of the first row, seconds since 1970. `series`: name of the series.
    - `windows`, `rows`: see Segment; for a single window, 1 and its length.
    - `missing`: share of the values that are missing.
    - `scale`: float `[channel]`, see `SeriesWindows.scale`; the same in all examples.
    - `hour`, `month`: hour and month of the first row of `future`, to slice by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: SeriesSource
    lookback: int = Field(ge=1)
    horizon: int = Field(ge=1)
    splits: TimeSplits = Field(default_factory=TimeShares)

    @property
    def window(self) -> int:
        """Rows of a window."""
        return self.lookback + self.horizon

    def read(self) -> SeriesSet:
        """The series that are long enough for a window.

        Raises:
          DataError: see `SeriesReader.read`; or a series is too short and `repairs.short` refuses it.
        """
        return _read(self.model_dump_json(), self.source.fingerprint())

    def bounds(self) -> dict[str, tuple[int, int]]:
        """{split: (first second, second after the last)}."""
        series = self.read().series
        start = min(each.start_secs for each in series)
        return self.splits.bounds(start, max(int(each.times_secs[-1]) + each.step_secs for each in series))

    def segments(self, split: str) -> list[Segment]:
        """The segments that are stored of a split.

        A window's future lies in its split. In eval and test its history may reach into the split before.
        """
        start, end = self.bounds()[split]
        found: list[Segment] = []
        for index, series in enumerate(self.read().series):
            times = series.times_secs
            first, last = (int(place) for place in np.searchsorted(times, (start, end)))
            if split == "train":
                found += train_segments(last - first, window=self.window, index=index, start=first)
            else:
                begins = range(max(first - self.lookback, 0), last - self.window + 1)
                found += [
                    Segment(index=index, start=begin, length=self.window, windows=1, rows=self.window)
                    for begin in begins
                ]
        # One length for all: that of the longest series' segments.
        length = max((segment.length for segment in found), default=self.window)
        return [Segment(index=s.index, start=s.start, length=length, windows=s.windows, rows=s.rows) for s in found]

    def scale(self) -> np.ndarray:
        """Standard deviation of each channel over the train rows, `[channel]` float32; one where it is zero.

        Missing values are left out, as by Transform's scaler.

        Raises:
          DataError: there is no train window.
        """
        series = self.read().series
        rows = [
            series[each.index].values[each.start : each.start + each.rows] for each in self._require_segments("train")
        ]
        deviation = np.nanstd(np.concatenate(rows).astype(np.float64), axis=0)
        return np.where(deviation > 0, deviation, 1.0).astype(np.float32)

    def shards(self, split: str) -> Sequence[tuple[str, int]]:
        """Pairs of the split and the index of the shard's first segment."""
        return [(split, start) for start in range(0, len(self._require_segments(split)), EXAMPLES_PER_SHARD)]

    def examples(self, shard: tuple[str, int]) -> Iterator[tuple[str, "tf.train.Example"]]:
        split, first = shard
        series = self.read().series
        # Rows of train only: a segment's padding must not show what comes after.
        end_secs = self.bounds()[split][1]
        scale = self.scale()
        for segment in self.segments(split)[first : first + EXAMPLES_PER_SHARD]:
            mine = series[segment.index]
            origin = f"{mine.name} from {np.datetime64(int(mine.times_secs[segment.start]), 's')}"
            yield origin, self._example(mine, segment, end_secs, scale)

    def overview(self) -> Overview:
        found = self.read()
        windows = {split: sum(segment.windows for segment in self._require_segments(split)) for split in SPLITS}
        step = self.source.describe_step()
        return Overview(
            headline=f"{sum(len(series.values) for series in found.series):,} rows, one every {step}",
            facts={
                "channels": ", ".join(self.source.channel_names()),
                "step": step,
                "windows": ", ".join(f"{split} {count:,}" for split, count in windows.items()),
            },
            columns=("series", "rows", "from", "to", "values missing"),
            rows=tuple(_row(series) for series in found.series),
            notes=tuple(f"repaired: {count:,} {what}" for what, count in found.repairs.items()),
        )

    def fingerprint(self) -> str:
        text = self.model_dump_json(exclude={"source"}) + self.source.fingerprint()
        return hashlib.sha256(text.encode()).hexdigest()

    def _require_segments(self, split: str) -> list[Segment]:
        """See `segments`. Raises DataError where there is none."""
        found = self.segments(split)
        if not found:
            start, end = (np.datetime64(secs, "s") for secs in self.bounds()[split])
            raise DataError(
                f"The split {split} must hold a window of {self.lookback} + {self.horizon} rows. Received: none from "
                f"{start} to {end}. Give it more time in options.splits, or choose a shorter look-back or horizon."
            )
        return found

    def _example(self, series: Series, segment: Segment, end_secs: int, scale: np.ndarray) -> "tf.train.Example":
        import tensorflow as tf

        stop = min(segment.start + segment.length, int(np.searchsorted(series.times_secs, end_secs)))
        values = np.full((segment.length, series.values.shape[1]), np.nan, np.float32)
        values[: stop - segment.start] = series.values[segment.start : stop]
        present = values[: stop - segment.start]
        start = int(series.times_secs[segment.start])
        forecast_at = np.datetime64(start + (segment.length - self.horizon) * series.step_secs, "s")
        integers = {
            "start": start,
            "windows": segment.windows,
            "rows": segment.rows,
            "hour": int(forecast_at.astype(int) % DAY_SECS // 3600),
            "month": int(forecast_at.astype("datetime64[M]").astype(int) % 12 + 1),
        }
        floats: Mapping[str, Sequence[float]] = {
            "history": values[: -self.horizon].ravel().tolist(),
            "future": values[-self.horizon :].ravel().tolist(),
            "missing": [float(np.isnan(present).mean())],
            "scale": scale.tolist(),
        }
        example = tf.train.Example()
        for name, value in integers.items():
            example.features.feature[name].int64_list.value.append(value)
        for name, numbers in floats.items():
            example.features.feature[name].float_list.value.extend(numbers)
        example.features.feature["series"].bytes_list.value.append(series.name.encode())
        return example


def _row(series: Series) -> tuple[str | int, ...]:
    first, last = (str(series.times_secs[place].astype("datetime64[s]")).replace("T", " ") for place in (0, -1))
    return series.name, len(series.values), first, last, f"{np.isnan(series.values).mean():.1%}"


@lru_cache(maxsize=8)
def _read(text: str, fingerprint: str) -> SeriesSet:
    """Reads once for all shards of a process; another fingerprint reads anew."""
    windows = SeriesWindows.model_validate_json(text)
    found = windows.source.read(longest_gap=windows.lookback)
    long = tuple(series for series in found.series if len(series.values) >= windows.window)
    dropped = len(found.series) - len(long)
    allowed = isinstance(windows.source, SeriesFile) and windows.source.repairs.short == "skip"
    if not long or (dropped and not allowed):
        short = min(found.series, key=lambda series: len(series.values))
        raise DataError(
            f"A series must be as long as look-back and horizon, {windows.lookback} + {windows.horizon} rows. "
            f"Received: {short.name} with {len(short.values)}. Choose a shorter look-back or horizon, leave the series "
            f"out, or set options.source.repairs.short to skip where others are long enough."
        )
    return SeriesSet(series=long, repairs={**found.repairs, **({SHORT: dropped} if dropped else {})})
