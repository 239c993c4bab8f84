"""What reading a source repaired, beside the examples."""

import json
from collections.abc import Mapping

from records.artifact_files import read_file, write_file

REPAIRS_FILE = "repairs.json"


def write_repairs(uri: str, repairs: Mapping[str, int]) -> None:
    """Writes how many repairs there were, by what was wrong, into the directory of the examples."""
    write_file(uri, REPAIRS_FILE, json.dumps(dict(repairs)))


def read_repairs(uri: str) -> dict[str, int]:
    """How many repairs there were, by what was wrong."""
    return json.loads(read_file(uri, REPAIRS_FILE))
