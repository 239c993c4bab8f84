"""Tables in files that are read from their beginning to their end, a row at a time."""

import abc
from collections.abc import Iterator
from typing import ClassVar

from etils import epath

from data.did_you_mean import did_you_mean
from data.errors import DataError
from data.tables.files import Part, TableFiles, found_file
from data.tables.table import Row
from data.tables.values import Value


class SequentialTable(TableFiles):
    """A file is a shard. A format says which columns a file has, and its rows."""

    # What reading a file that is cut off or of another format raises; rows are raised by themselves.
    reading_errors: ClassVar[tuple[type[Exception], ...]]
    format_name: ClassVar[str]

    @abc.abstractmethod
    def columns_of(self, path: epath.Path) -> tuple[str, ...]:
        """The columns of a file. Raises one of `reading_errors`."""

    @abc.abstractmethod
    def rows_of(self, path: epath.Path) -> Iterator[dict[str, Value] | DataError]:
        """The rows of a file, or what is wrong with one. Raises one of `reading_errors`."""

    def column_names(self) -> tuple[str, ...]:
        _, path = next(self.parts(""))
        return self._columns(path)

    def rows(self, shard: Part) -> Iterator[tuple[str, Row | DataError]]:
        path, expected = self.path(shard), self.column_names()
        names = self._columns(path)
        missing = [name for name in expected if name not in names]
        if missing:
            raise DataError(
                f"{path} must have the columns of the other files. Received: {', '.join(names)}, without "
                f"{', '.join(missing)}.{did_you_mean(missing[0], names)}"
            )
        index = 0
        try:
            for row in self.rows_of(path):
                defect = None if isinstance(row, DataError) else self.split_defect(row)
                told: Row | DataError = DataError(defect) if defect else row
                if self.is_wanted(shard, index, told):
                    yield f"{path.name} row {index + 1}", told
                index += 1
        except self.reading_errors as error:
            raise DataError(
                f"{path}, after row {index}: the file must be readable to its end. Received: {error}. Write it anew."
            ) from None

    def _columns(self, path: epath.Path) -> tuple[str, ...]:
        found_file(path)
        try:
            return self.columns_of(path)
        except self.reading_errors as error:
            raise DataError(
                f"{path} must be {self.format_name}. Received: {error}. Write it anew, or name its kind."
            ) from None
