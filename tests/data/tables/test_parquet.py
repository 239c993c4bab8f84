import datetime
import decimal
import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataError
from data.source import SPLITS
from data.tables.examples import TableExamples
from data.tables.parquet import ParquetTable
from data.tables.survey import survey

ROWS = {
    "size": [1.5, float("nan"), None, 4.0],
    "count": [1, 2, None, 4],
    "town": ["Oslo", None, "Rome", "Bonn"],
    "is_far": [True, False, None, True],
    "price": [decimal.Decimal("1.25"), None, decimal.Decimal("3.5"), decimal.Decimal("2")],
}


def _table(tmp_path, rows: dict, *, group: int = 1000, **options) -> ParquetTable:
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet", row_group_size=group)
    return ParquetTable(kind="parquet", file=tmp_path / "rows.parquet", **options)


def test_rows_with_their_types_and_gaps(tmp_path):
    table = _table(tmp_path, ROWS)
    assert table.column_names() == tuple(ROWS)
    assert list(table.all_rows())[:2] == [
        ("rows.parquet row 1", {"size": 1.5, "count": 1, "town": "Oslo", "is_far": True, "price": 1.25}),
        ("rows.parquet row 2", {"size": None, "count": 2, "town": None, "is_far": False, "price": None}),
    ]
    kinds = {name: survey(table).kind(name) for name in ROWS}
    assert kinds == {
        "size": "numeric",
        "count": "numeric",
        "town": "categorical",
        "is_far": "boolean",
        "price": "numeric",
    }


def test_dictionaries_are_texts(tmp_path):
    table = _table(tmp_path, {"town": pa.array(["Oslo", "Rome", "Oslo"]).dictionary_encode()})
    assert [row["town"] for _, row in table.all_rows()] == ["Oslo", "Rome", "Oslo"]


def test_row_groups_are_shards_and_do_not_move_rows_between_splits(tmp_path):
    numbers = list(range(200))
    found = {}
    for group in (1000, 30):
        table = _table(tmp_path, {"a": numbers}, group=group)
        assert len(table.shards("train")) == -(-200 // group)
        found[group] = {
            split: [row["a"] for shard in table.shards(split) for _, row in table.rows(shard)] for split in SPLITS
        }
    assert found[30] == found[1000]
    assert sorted(itertools.chain(*found[30].values())) == numbers


@pytest.mark.parametrize(
    ("values", "kind"),
    [([[1, 2], [3]], "list"), ([{"x": 1}, {"x": 2}], "dict"), ([datetime.datetime(2020, 1, 1)] * 2, "datetime")],
    ids=["list", "struct", "time"],
)
def test_columns_that_no_model_takes_are_told(tmp_path, values, kind):
    found = survey(_table(tmp_path, {"a": [1.0, 2.0], "odd": values}))
    assert found.kind("a") == "numeric"
    with pytest.raises(DataError, match=rf"Received: {kind} in odd.* or name it in options.columns.left_out"):
        found.kind("odd")


def test_times_and_lists_are_read_where_columns_say_so(tmp_path):
    times = [datetime.datetime(1970, 1, 1, 0, 1), datetime.datetime(1970, 1, 2)]
    table = _table(tmp_path, {"when": times, "tags": [["a", "b"], []], "y": ["n", "p"]})
    assert survey(table).columns["tags"].elements == {"a": 1, "b": 1}
    examples = TableExamples(
        table=table,
        kinds={"when": "timestamp", "tags": "multivalent"},
        may_be_missing=frozenset({"tags"}),
        label="y",
        classes=("n", "p"),
        notations={"tags": "|"},
    )
    found = [
        example.features.feature
        for split in SPLITS
        for shard in examples.shards(split)
        for _, example in examples.examples(shard)
    ]
    assert sorted(list(features["when"].int64_list.value) for features in found) == [[60], [86_400]]
    assert sorted(list(features["tags"].bytes_list.value) for features in found) == [[], [b"a", b"b"]]


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "rows.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"rows.parquet must be a Parquet file. Received: .*Write it anew"):
        ParquetTable(kind="parquet", file=tmp_path / "rows.parquet").column_names()


def test_an_empty_file_has_no_rows(tmp_path):
    with pytest.raises(DataError, match=r"a table must have rows. Received: none"):
        survey(_table(tmp_path, {"a": pa.array([], pa.float64())}))


def test_files_must_have_the_same_columns(tmp_path):
    for name, columns in {"one": {"a": [1], "b": [2]}, "two": {"a": [1]}}.items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    files = {"train": [tmp_path / "one.parquet", tmp_path / "two.parquet"]}
    with pytest.raises(DataError, match=r"two.parquet must have the columns of the other files.* without b"):
        list(ParquetTable(kind="parquet", files=files).all_rows())
