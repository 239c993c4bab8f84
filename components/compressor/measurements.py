"""What is measured of each variant, beside the files."""

import json

from components.files import read_file, write_file

VARIANTS_FILE = "variants.json"


def write_measurements(uri: str, measurements: list[dict]) -> None:
    """Writes a list of {name, bytes, gzip_bytes, latency_p50_ms, latency_p99_ms, delegated}."""
    write_file(uri, VARIANTS_FILE, json.dumps(measurements, indent=1))


def read_measurements(uri: str) -> list[dict]:
    """What `write_measurements` wrote."""
    return json.loads(read_file(uri, VARIANTS_FILE))
