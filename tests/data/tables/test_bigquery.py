"""BigQueryTable without BigQuery: what a config is told, and what is refused."""

import pytest
from pydantic import ValidationError

from data.errors import DataError
from data.tables.bigquery import BigQueryTable, Brought
from tasks.loading import TaskSpec

SOURCE = {
    "kind": "bigquery",
    "query": "SELECT 1 AS x",
    "project": "my-project",
    "export": "gs://bucket/folder",
    "columns": ["x", "y"],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"export": "s3://bucket/folder"}, "BigQuery exports to gs:// alone. Received: s3://bucket/folder"),
        ({"export": "/tmp/rows"}, "BigQuery exports to gs:// alone"),
        ({"query": ""}, "at least 1 character"),
        ({"columns": []}, "at least 1 item"),
        ({"project": "My Project"}, "should match pattern"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        BigQueryTable.model_validate(SOURCE | change)


def test_a_config_that_leaves_columns_to_the_table():
    """The query would have to run before anything is checked."""
    spec = TaskSpec(task="tasks.tabular.Tabular", options={"source": SOURCE, "label": {"column": "y"}})
    with pytest.raises(DataError, match=r"Name label\.kind, label\.classes and all of options\.columns"):
        spec.load().resolved_options()


def test_rows_that_are_alike_are_all_there():
    table = BigQueryTable.model_validate(SOURCE)
    rows = list(table.rows(Brought("train/0", [{"x": 1, "y": None}] * 2)))
    assert [row for _, row in rows] == [{"x": 1, "y": None}] * 2


def test_another_query_is_other_data():
    table = BigQueryTable.model_validate(SOURCE)
    assert table.fingerprint() == BigQueryTable.model_validate(SOURCE).fingerprint()
    assert table.fingerprint() != table.model_copy(update={"query": "SELECT 2 AS x"}).fingerprint()
