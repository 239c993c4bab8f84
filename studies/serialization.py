"""How what studies find becomes files."""

from pathlib import Path
from typing import Any

import numpy as np


def rounded_lists(values: Any) -> Any:
    """An array as nested lists of numbers of five decimals, None where they are NaN: what JSON can hold."""
    rounded = np.round(np.asarray(values, np.float64), 5).astype(object)
    rounded[np.isnan(np.asarray(values, np.float64))] = None
    return rounded.tolist()


def write_whole(path: Path, text: str) -> None:
    """Writes a file, its folders included, whole or not at all: a crash leaves what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text)
    partial.replace(path)
