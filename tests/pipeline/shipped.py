"""Where the project and its configs lie."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = PROJECT / "pipeline" / "configs" / "digits.yaml"
