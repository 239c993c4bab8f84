"""The image, built once; what needs it is skipped where no engine runs containers."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.commands import PROJECT

# With a registry's name, so that podman and KFP's own executor take it for the same one.
IMAGE = "localhost/slipway:e2e"


@dataclass(frozen=True)
class Image:
    """A built image.

    Attributes:
      engine: podman or docker.
      name: its name.
      log: what the build printed.
    """

    engine: str
    name: str
    log: str


@pytest.fixture(scope="session")
def engine() -> str:
    found = subprocess.run(
        ["bash", "-c", "source scripts/engine.sh && container_engine"], cwd=PROJECT, capture_output=True, text=True
    )
    if found.returncode:
        pytest.skip("neither podman nor docker runs containers on this machine")
    return found.stdout.strip()


@pytest.fixture(scope="session")
def image(engine, tmp_path_factory) -> Image:
    """The image of a clean checkout: what git knows, or would know of a new file."""
    checkout = tmp_path_factory.mktemp("checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=PROJECT, text=True).split("\0"):
        if (PROJECT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, checkout / name)
    return build(engine, ["make", "image", f"IMAGE={IMAGE}"], checkout, IMAGE)


def build(engine: str, command: list[str], folder: Path, name: str) -> Image:
    """The image that a command builds in a folder."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout
    return Image(engine, name, done.stdout)
