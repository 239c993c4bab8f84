"""The tables that a config can name by their `kind`."""

from typing import Annotated

from pydantic import Field

from data.tables.avro import AvroTable
from data.tables.bigquery import BigQueryTable
from data.tables.csv_file import CSVTable
from data.tables.parquet import ParquetTable
from data.tables.scikit_learn import SklearnTable
from data.tables.tfrecord import TFRecordTable

TableSource = Annotated[
    CSVTable | ParquetTable | AvroTable | TFRecordTable | SklearnTable | BigQueryTable, Field(discriminator="kind")
]
