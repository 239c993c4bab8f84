"""Versions of the code and the libraries that a run is made with, for its record."""

import subprocess
from importlib.metadata import version
from pathlib import Path

DISTRIBUTIONS = ("slipway", "tfx", "tensorflow", "keras", "tensorflow-model-analysis", "apache-beam", "ai-edge-litert")


def installed_versions() -> dict[str, str]:
    """Version of each distribution that most depends on."""
    return {name: version(name) for name in DISTRIBUTIONS}


def git_commit(directory: Path) -> str | None:
    """The commit of the checkout that holds `directory`, marked where files differ from it; None outside one."""
    try:
        described = subprocess.run(
            ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()
