"""Tables in Parquet files."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from etils import epath

from data.did_you_mean import did_you_mean
from data.errors import DataError
from data.tables.files import Part, TableFiles, open_binary
from data.tables.table import Row
from data.tables.values import Value

ROWS_AT_ONCE = 4096


class ParquetTable(TableFiles):
    """Parquet files; each row group is read by itself."""

    kind: Literal["parquet"]

    def column_names(self) -> tuple[str, ...]:
        _, path = next(self.parts(""))
        return tuple(self._opened(path).schema_arrow.names)

    def shards(self, split: str) -> Sequence[Part]:
        return [
            part._replace(group=group)
            for part, path in self.parts(split)
            for group in range(self._opened(path).metadata.num_row_groups)
        ]

    def rows(self, shard: Part) -> Iterator[tuple[str, Row | DataError]]:
        path, expected = self.path(shard), self.column_names()
        file = self._opened(path)
        names = file.schema_arrow.names
        missing = [name for name in expected if name not in names]
        if missing:
            raise DataError(
                f"{path} must have the columns of the other files. Received: {', '.join(names)}, without "
                f"{', '.join(missing)}.{did_you_mean(missing[0], names)}"
            )
        index = sum(file.metadata.row_group(group).num_rows for group in range(shard.group))
        try:
            for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[shard.group]):
                for values in batch.to_pylist():
                    read = {name: _value(value) for name, value in values.items()}
                    defect = self.split_defect(read)
                    row: Row | DataError = DataError(defect) if defect else read
                    if self.is_wanted(shard, index, row):
                        yield f"{path.name} row {index + 1}", row
                    index += 1
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{path}, row group {shard.group}, after row {index}: the file must be readable to its end. "
                f"Received: {_line(error)}. Write it anew."
            ) from None

    def _opened(self, path: epath.Path) -> pq.ParquetFile:
        """Raises DataError for a file that is none."""
        try:
            return pq.ParquetFile(open_binary(path))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} must be a Parquet file. Received: {_line(error)}. Write it anew.") from None


def _value(value: Any) -> Value:
    """Decimals and the like as floats; what is not a number, as pandas writes missing ones, as none."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return float(value) if type(value).__name__ == "Decimal" else value


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
