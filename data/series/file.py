"""Series in a CSV or Parquet file, with a time column or with a row a step."""

import hashlib
import io
from collections import Counter
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from etils import epath
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.files import SourcePath, stamp
from data.known.datasets import locate
from data.series.repair import Repairs, to_grid
from data.series.series import Series, SeriesSet, select_channels
from data.series.splits import Stamp
from data.series.step import as_length, is_length, most_frequent_step_secs

# Known datasets that are one such file: its name, its time column and its step.
_KNOWN = {"etth1": ("ETTh1.csv", "date", "1h")}


class SeriesFile(BaseModel):
    """A row a stamp; with `series_column`, rows of several series below each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["series_file"]
    dataset: Literal["etth1"] | None = Field(None, description="A known dataset, by name.")
    file: SourcePath | None = Field(None, description="Or a .csv or .parquet file. Relative paths start at the config.")
    time_column: str = Field("date", description="Column of times that pandas reads; without a zone, UTC.")
    start: Stamp | None = Field(
        None,
        description="Time of the first row where there is no time column; each row is then `every` after the last.",
    )
    columns: tuple[str, ...] = Field((), description="The channels; empty: every other column.")
    series_column: str | None = Field(None, description="Names the series of each row; default: all are one.")
    every: str | None = Field(
        None,
        description="Between two rows, such as 15min, 1h or 7d: a length of time, no months. Default: what stamps are "
        "most often apart.",
    )
    repairs: Repairs = Field(default_factory=Repairs)

    @field_validator("every")
    @classmethod
    def _is_a_length(cls, every: str | None) -> str | None:
        if every is not None and not is_length(every):
            raise ValueError(
                f"every must be whole s, min, h, d or w, such as 15min, 1h or 7d. Received: "
                f"{every!r}. Resample a series by months to days or weeks first."
            )
        return every

    @model_validator(mode="after")
    def _one_place(self) -> "SeriesFile":
        if (self.dataset is None) == (self.file is None):
            raise ValueError(
                f"kind: series_file takes dataset or file. Received: dataset={self.dataset}, file={self.file}"
            )
        if self.file is not None and self.file.suffix not in (".csv", ".parquet"):
            raise ValueError(f"file must end in .csv or .parquet. Received: {self.file}")
        return self

    @model_validator(mode="after")
    def _rows_have_times(self) -> "SeriesFile":
        if self.start is None:
            return self
        if self.every is None or self.dataset is not None:
            raise ValueError(
                f"start is for a file without a time column, whose rows are every apart: it needs file and every. "
                f"Received: start={self.start}, every={self.every}, file={self.file}"
            )
        try:
            pd.to_datetime(self.start, utc=True)
        except ValueError as error:
            raise ValueError(f"start must be a stamp. Received: {self.start!r} ({error})") from None
        return self

    def channel_names(self) -> tuple[str, ...]:
        if self.columns:
            # A config that names them can be checked where there is no data.
            return self.columns
        return tuple(map(str, self._frame().columns.drop([self.series_column] if self.series_column else [])))

    def step_secs(self) -> int:
        every = _KNOWN[self.dataset][2] if self.dataset else self.every
        if every is None:
            return _inferred_step_secs(self.model_dump_json(), self.fingerprint())
        return int(pd.Timedelta(every).total_seconds())

    def describe_step(self) -> str:
        origin = ", as stamps are mostly apart" if self.every is None and self.dataset is None else ""
        return f"{as_length(self.step_secs())}{origin}"

    def with_step(self) -> "SeriesFile":
        """A copy whose `every` is the step that its times tell."""
        return self.model_copy(update={"every": as_length(self.step_secs())})

    def read(self, *, longest_gap: int) -> SeriesSet:
        step_secs = self.step_secs()
        found: list[Series] = []
        counts: Counter[str] = Counter()
        for name, group in self._groups():
            pieces, made = to_grid(group, name=name, step_secs=step_secs, repairs=self.repairs, longest_gap=longest_gap)
            found += pieces
            counts += made
        return SeriesSet(series=tuple(found), repairs=dict(counts))

    def fingerprint(self) -> str:
        text = f"{self.model_dump_json(exclude={'file'})} {stamp(self._path())}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _path(self) -> epath.Path:
        known = self.dataset or ""
        path = self.file if self.file is not None else epath.Path(locate(known)) / _KNOWN[known][0]
        if not path.is_file():
            raise SourceNotFoundError(
                f"options.source.file must be a file with a series. Received: {path}, which does not exist. Create it "
                f"or correct the config."
                f"{did_you_mean_path(path)}"
            )
        return path

    def _groups(self) -> list[tuple[str, pd.DataFrame]]:
        """(name, rows) of each series."""
        frame = self._frame()
        if not self.series_column:
            return [(self._path().stem, frame)]
        groups = frame.groupby(self.series_column, sort=True)
        return [(str(key), group.drop(columns=self.series_column)) for key, group in groups]

    def _frame(self) -> pd.DataFrame:
        """A row a stamp, in the order of the file; the channels, and the column of names if there is one."""
        path = self._path()
        try:
            content = io.BytesIO(path.read_bytes())
            raw = pd.read_csv(content) if path.suffix == ".csv" else pd.read_parquet(content)
        except (ValueError, OSError) as error:
            raise DataError(
                f"{path} must be readable. Received: {str(error).splitlines()[0]}. Write the file anew."
            ) from None
        time = _KNOWN[self.dataset][1] if self.dataset else self.time_column
        if self.start is not None and time in raw.columns:
            raise DataError(
                f"{path} must have no time column where options.source.start is set. Received: {time}. Leave start "
                f"out, or name the column otherwise by time_column."
            )
        times = [] if self.start is not None else [time]
        others = [name for name in raw.columns if name not in (time, self.series_column)]
        channels = select_channels(others, self.columns)
        named = [*times, *([self.series_column] if self.series_column else []), *channels]
        missing = [name for name in named if name not in raw.columns]
        if missing or not channels:
            raise DataError(
                f"{path} must have the columns {', '.join(named)}. Received: {', '.join(map(str, raw.columns))}. "
                f"Correct options.source.time_column, series_column or columns; a file without a time column needs "
                f"start and every."
            )
        if raw.empty:
            raise DataError(f"{path} must hold rows. Received: none. Write the file anew.")
        if self.series_column and raw[self.series_column].isna().any():
            row = int(raw[self.series_column].isna().to_numpy().argmax())
            raise DataError(f"{path}: every row must name its series. Received: none in row {row + 1}. Mend the row.")
        text = [name for name in channels if not pd.api.types.is_numeric_dtype(raw[name])]
        if text:
            numeric = ", ".join(name for name in channels if name not in text)
            raise DataError(
                f"{path}: a channel must hold numbers. Received: {raw[text[0]].dropna().iloc[0]!r} in {text[0]}. Mend "
                f"the column, or leave it out: options.source.columns: [{numeric}]."
            )
        frame = raw[named].copy()
        if self.start is not None:
            return frame.set_axis(self._stamps_from_start(frame))
        frame[time] = _stamps(raw[time], path, time)
        return frame.set_index(time)

    def _stamps_from_start(self, frame: pd.DataFrame) -> pd.DatetimeIndex:
        """The stamps of rows that have none, from `start` on in each series."""
        start = pd.to_datetime(self.start, utc=True).tz_localize(None)
        place = frame.groupby(self.series_column).cumcount() if self.series_column else pd.RangeIndex(len(frame))
        return pd.DatetimeIndex(start + pd.to_timedelta(np.asarray(place) * self.step_secs(), unit="s"))


@lru_cache(maxsize=8)
def _inferred_step_secs(text: str, fingerprint: str) -> int:
    """One reading for all who ask in a process; another fingerprint reads anew."""
    source = SeriesFile.model_validate_json(text)
    stamps = [group.index.to_numpy("datetime64[s]").astype(np.int64) for _, group in source._groups()]
    return most_frequent_step_secs(stamps, name=str(source._path()))


def _stamps(column: pd.Series, path: epath.Path, name: str) -> pd.Series:
    try:
        stamps = pd.to_datetime(column, utc=True, errors="raise")
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"{path}: the column {name} must hold stamps. Received: {str(error).splitlines()[0]}. Mend the rows."
        ) from None
    if stamps.isna().any():
        row = int(stamps.isna().to_numpy().argmax())
        raise DataError(f"{path}: every row must have a stamp. Received: none in row {row + 1}. Mend the row.")
    return stamps.dt.tz_localize(None)
