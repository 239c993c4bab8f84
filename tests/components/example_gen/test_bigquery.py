"""ExampleGen over a query of BigQuery, by Beam's own connector and a client that is a fake."""

from decimal import Decimal

import apache_beam as beam
import pytest
import tensorflow as tf
from apache_beam.io.gcp import bigquery, bigquery_read_internal
from apache_beam.io.gcp.bigquery_tools import BigQueryWrapper
from tfx.types import standard_artifacts

from components.example_gen.executor import generate
from data.errors import DataError
from data.source import SPLITS
from records.rows import read_rows
from tasks.loading import TaskSpec
from tests.data.tables.fake_bigquery import FakeBigQuery

QUERY = "SELECT size, colour, price FROM `shop.sales`"
SCHEMA = {
    "type": "record",
    "name": "Root",
    "fields": [
        {"name": "size", "type": ["null", "double"]},
        {"name": "colour", "type": "string"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}},
    ],
}
ROWS = [{"size": number / 2, "colour": "red", "price": Decimal(number)} for number in range(200)]
OPTIONS = {
    "source": {
        "kind": "bigquery",
        "query": QUERY,
        "project": "my-project",
        "export": "gs://exports/rows",
        "columns": ["size", "colour", "price"],
    },
    "label": {"column": "price", "kind": "regression"},
    "columns": {
        "numeric": {"size": {"may_be_missing": True}},
        "categorical": {"colour": {"may_be_missing": False, "size": 10}},
        "others": "leave_out",
    },
}


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The folder that stands for gs://exports."""
    real = bigquery_read_internal.bigquery_export_destination_uri

    def local(*args, **kwargs):
        return real(*args, **kwargs).replace("gs://exports", str(tmp_path / "exports"))

    monkeypatch.setattr(bigquery, "bigquery_export_destination_uri", local)
    return tmp_path / "exports"


def _generate(client, folder, monkeypatch) -> str:
    monkeypatch.setattr(BigQueryWrapper, "_bigquery_client", staticmethod(lambda options: client))
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    spec = TaskSpec(task="tasks.tabular.Tabular", options=OPTIONS)
    generate(task_spec=spec.model_dump_json(), examples=examples, pipeline=beam.Pipeline())
    return examples.uri


def _prices(uri: str) -> dict[str, list[float]]:
    found = {}
    for split in SPLITS:
        paths = sorted(tf.io.gfile.glob(f"{uri}/Split-{split}/*"))
        examples = map(tf.train.Example.FromString, tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator())
        found[split] = [example.features.feature["label"].float_list.value[0] for example in examples]
    return found


def test_every_row_is_in_one_split_and_nothing_is_left_behind(store, tmp_path, monkeypatch):
    client = FakeBigQuery(ROWS, SCHEMA)
    found = _prices(_generate(client, tmp_path / "one", monkeypatch))
    assert sorted(price for prices in found.values() for price in prices) == [float(row["price"]) for row in ROWS]
    assert read_rows(str(tmp_path / "one")) == {split: len(prices) for split, prices in found.items()}
    # 200 rows at 0.7, 0.15 and 0.15.
    assert len(found["train"]) == pytest.approx(140, abs=20)
    assert [(query.query, query.useLegacySql) for query in client.queries] == [(QUERY, False)]
    assert client.projects == {"my-project"}
    assert client.left == set()
    assert [path for path in store.rglob("*") if path.is_file()] == []


def test_the_files_are_the_same_whatever_order_rows_come_in(store, tmp_path, monkeypatch):
    first = _prices(_generate(FakeBigQuery(ROWS, SCHEMA), tmp_path / "one", monkeypatch))
    second = _prices(_generate(FakeBigQuery(ROWS[::-1], SCHEMA), tmp_path / "two", monkeypatch))
    assert first == second


def test_a_query_without_a_column_is_told(store, tmp_path, monkeypatch):
    schema = {**SCHEMA, "fields": [field for field in SCHEMA["fields"] if field["name"] != "colour"]}
    with pytest.raises(DataError, match=r"the query must give the columns of options\.source\.columns"):
        _generate(FakeBigQuery(ROWS[:4], schema), tmp_path / "one", monkeypatch)
