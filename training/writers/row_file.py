"""A text file of rows that processes add to, one after the other, and that a killed one leaves readable."""

import io
from collections.abc import Callable
from pathlib import PurePath

from etils import epath


class RowFile:
    """Appends rows, each a line, to a file on any file system that `etils.epath` reaches.

    The first `append` opens the file. If it is there already, a last line without its end is dropped, which is what a
    kill leaves, and so are the rows of steps that will be taken again.
    """

    def __init__(
        self,
        path: str | PurePath,
        *,
        resume_step: int | None,
        step_of: Callable[[str], int],
        header: str = "",
    ) -> None:
        """Args:
        path: of the file; directories above it are made.
        resume_step: rows of greater steps are dropped; None drops none.
        step_of: reads the step off a row.
        header: the first line of a new file, with its line end.

        Raises:
          ValueError: resume_step is negative.
        """
        if resume_step is not None and resume_step < 0:
            raise ValueError(
                f"resume_step must be at least 0. Received: {resume_step}. Give the step of the checkpoint that "
                f"training goes on from, or 0 where it starts anew."
            )
        self.path = epath.Path(path)
        self.resume_step = resume_step
        self._step_of = step_of
        self._header = header
        self._file: io.TextIOBase | None = None

    def append(self, row: str) -> None:
        """Adds a row, given with its line end, and flushes: a kill loses no row before a checkpoint.

        Raises:
          ValueError: a row that was there cannot be read.
        """
        if self._file is None:
            self._file = self._open()
        self._file.write(row)
        self._file.flush()

    def close(self) -> None:
        """Closes the file if a row was appended."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> io.TextIOBase:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        present = self.path.read_text() if self.path.exists() else ""
        lines = [line for line in io.StringIO(present) if line.endswith("\n")]
        rows = lines[1:] if lines[:1] == [self._header] else lines
        kept = self._header + "".join(row for row in rows if self._is_kept(row))
        if kept != present:
            # Renamed into place: a kill while the rows are dropped leaves the file as it was.
            temporary = self.path.parent / (self.path.name + ".tmp")
            temporary.write_text(kept)
            temporary.replace(self.path)
        return self.path.open("a")

    def _is_kept(self, row: str) -> bool:
        try:
            step = self._step_of(row)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ValueError(
                f"Each row must tell its step. Received: {row[:80]!r} in {self.path}. Mend the row, or move the file "
                f"away to begin a new one."
            ) from error
        return self.resume_step is None or step <= self.resume_step
