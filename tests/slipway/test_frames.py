"""Tables of this process as the source of a run; a whole run of one is in tests/e2e/test_tables.py."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

import slipway
from data.tables.parquet import ParquetTable
from pipeline.config import load_config, load_task
from slipway.frames import source_of

FRAME = pd.DataFrame(
    {"size": [1.5, np.nan, 3.0], "town": pd.Categorical(["a", None, "b"]), "is_far": [True, False, True]},
    index=[7, 8, 9],
)


def _rows(changes: dict) -> list[dict]:
    table = ParquetTable(kind="parquet", file=changes["options.source.file"])
    return [dict(row) for _, row in table.all_rows()]


@pytest.mark.parametrize(
    "frame",
    [FRAME, pa.Table.from_pandas(FRAME, preserve_index=False), {name: FRAME[name].to_numpy() for name in FRAME}],
    ids=["pandas", "pyarrow", "numpy"],
)
def test_a_frame_is_read_as_it_is(frame, tmp_path):
    rows = _rows(source_of(frame, tmp_path))
    assert rows[0] == {"size": 1.5, "town": "a", "is_far": True}
    assert rows[1] == {"size": None, "town": None, "is_far": False}
    assert len(rows) == 3


def test_the_same_frame_is_the_same_file(tmp_path):
    paths = [source_of(frame, tmp_path)["options.source.file"] for frame in (FRAME, FRAME.copy(), FRAME[:2])]
    assert paths[0] == paths[1] != paths[2]
    assert len(list((tmp_path / "frames").iterdir())) == 2


def test_it_takes_the_place_of_the_config_s_source(tmp_path):
    frame = pd.DataFrame({"x": np.arange(40.0), "y": ["no", "yes"] * 20})
    for number, source in enumerate([{"kind": "csv", "file": "a.csv"}, {"kind": "parquet", "files": {"train": ["a"]}}]):
        config = {"name": "t", "task": "tasks.tabular.Tabular", "options": {"source": source, "label": {"column": "y"}}}
        config["evaluate"] = {"gates": {"accuracy": {"min": 0.5}}}
        path: Path = tmp_path / f"{number}.yaml"
        path.write_text(yaml.safe_dump(config))
        changes = {**source_of(frame, tmp_path), "options.source.splits": {"train": 0.5, "eval": 0.25, "test": 0.25}}
        task = load_task(load_config(path, changes))
        assert task.label.classes == ("no", "yes")
        assert task.options.source.splits.train == 0.5


@pytest.mark.parametrize(
    ("frame", "root", "message"),
    [
        (FRAME, None, "data is kept in the run's root, .* Received: no root"),
        ({"a": [1, 2], "b": [1]}, "root", "data must be a DataFrame, .* Received: dict"),
        ({"a": np.zeros((2, 2))}, "root", "data must be a DataFrame"),
        (3, "root", "Received: int"),
    ],
)
def test_what_is_no_table(frame, root, message, tmp_path):
    with pytest.raises(slipway.UsageError, match=message):
        slipway.run("pipeline.yaml", data=frame, root=root and tmp_path / root)
