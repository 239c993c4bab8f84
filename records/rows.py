"""How many rows a step wrote of each split, beside them: what later steps hold their own counts against."""

import json
from collections.abc import Mapping

from records.artifact_files import has_file, read_file, write_file

ROWS_FILE = "rows.json"


def write_rows(uri: str, rows: Mapping[str, int]) -> None:
    """Writes how many rows there are, by split, into the directory of the examples."""
    write_file(uri, ROWS_FILE, json.dumps(dict(rows)))


def read_rows(uri: str) -> dict[str, int]:
    """How many rows there are, by split; empty where an earlier version wrote the examples."""
    return json.loads(read_file(uri, ROWS_FILE)) if has_file(uri, ROWS_FILE) else {}
