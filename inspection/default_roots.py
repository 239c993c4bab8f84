"""Roots that a command finds which names none: those of configs here, and of configs in the folders below."""

from pathlib import Path

# A root lies by default in `output` beside its config.
PATTERNS = ("output/*", "*/output/*")


def in_default_roots(name: str) -> list[Path]:
    """The paths of this name, such as a registry's, in the roots at and one level below the working directory."""
    return sorted(path for pattern in PATTERNS for path in Path().glob(f"{pattern}/{name}"))
