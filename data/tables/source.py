"""The tables that a config can name by their `kind`."""

from typing import Annotated

from pydantic import Field

from data.tables.csv_file import CSVTable
from data.tables.parquet import ParquetTable
from data.tables.scikit_learn import SklearnTable

TableSource = Annotated[CSVTable | ParquetTable | SklearnTable, Field(discriminator="kind")]
