"""What is measured of each variant, beside the files."""

import json
from dataclasses import asdict

from compression.choice import Choice, Miss
from records.artifact_files import read_file, write_file

VARIANTS_FILE = "variants.json"
CHOICE_FILE = "choice.json"


def write_measurements(uri: str, measurements: list[dict]) -> None:
    """Writes what `components.compressor.measuring.measure` gives."""
    write_file(uri, VARIANTS_FILE, json.dumps(measurements, indent=1))


def read_measurements(uri: str) -> list[dict]:
    """What `write_measurements` wrote."""
    return json.loads(read_file(uri, VARIANTS_FILE))


def write_choice(uri: str, choice: Choice) -> None:
    """Writes which variant is the best within the budgets, and why."""
    write_file(uri, CHOICE_FILE, json.dumps(asdict(choice), indent=1))


def read_choice(uri: str) -> Choice:
    """What `write_choice` wrote."""
    read = json.loads(read_file(uri, CHOICE_FILE))
    misses = tuple(Miss(**miss) for miss in read["misses"])
    return Choice(**{**read, "front": tuple(read["front"]), "misses": misses})
