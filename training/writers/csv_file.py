"""Scalars as a table."""

import csv
import io
from collections.abc import Mapping
from pathlib import PurePath

from training.writers.base import Writer
from training.writers.row_file import RowFile


class CsvWriter(Writer):
    """Writes scalars as the columns `step,name,value`: a row a number, so that no new name changes the header.

    `pandas.read_csv(path).pivot_table(index="step", columns="name", values="value")` gives a column a name, and so does
    a spreadsheet's pivot table.
    """

    def __init__(self, path: str | PurePath, *, resume_step: int | None = None) -> None:
        """Args:
        path: of the file, on any file system that `etils.epath` reaches; rows are added to what is there.
        resume_step: of the checkpoint that training goes on from, 0 without one: what is in the file beyond it is
          dropped. None drops nothing.

        Raises:
          ValueError: resume_step is negative.
        """
        self._rows = RowFile(
            path,
            resume_step=resume_step,
            step_of=lambda row: int(row.split(",", 1)[0]),
            header="step,name,value\n",
        )

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        rows = io.StringIO()
        csv.writer(rows, lineterminator="\n").writerows((step, name, float(value)) for name, value in values.items())
        self._rows.append(rows.getvalue())

    def close(self) -> None:
        self._rows.close()
