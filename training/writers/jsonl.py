"""Scalars as lines of JSON."""

import json
import math
from collections.abc import Mapping
from pathlib import PurePath

from training.writers.base import Writer
from training.writers.row_file import RowFile


class JsonlWriter(Writer):
    """Writes scalars as `{"step": 100, "train/loss": 0.31, …}`, an object a line.

    Read it with `pandas.read_json(path, lines=True)`. JSON knows neither NaN nor infinity: they become null.
    """

    def __init__(self, path: str | PurePath, *, resume_step: int | None = None) -> None:
        """Args:
        path: of the file, on any file system that `etils.epath` reaches; rows are added to what is there.
        resume_step: of the checkpoint that training goes on from, 0 without one: what is in the file beyond it is
          dropped. None drops nothing.

        Raises:
          ValueError: resume_step is negative.
        """
        self._rows = RowFile(path, resume_step=resume_step, step_of=lambda row: json.loads(row)["step"])

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        numbers = {name: float(value) if math.isfinite(value) else None for name, value in values.items()}
        self._rows.append(json.dumps({"step": int(step), **numbers}, allow_nan=False) + "\n")

    def close(self) -> None:
        self._rows.close()
