"""What is measured of each variant, beside the files."""

import json
import os

from etils import epath

VARIANTS_FILE = "variants.json"


def write_measurements(uri: str, measurements: list[dict]) -> None:
    """Writes a list of {name, bytes, gzip_bytes, latency_p50_ms, latency_p99_ms, delegated}."""
    epath.Path(os.path.join(uri, VARIANTS_FILE)).write_text(json.dumps(measurements, indent=1))


def read_measurements(uri: str) -> list[dict]:
    """What `write_measurements` wrote."""
    return json.loads(epath.Path(os.path.join(uri, VARIANTS_FILE)).read_text())
