"""What is in the image, and what is not."""

import re
import subprocess

import pytest

from tests.image.hardened import run_command

pytestmark = pytest.mark.image

# Of the image that the first release's Dockerfile made, given a compiler.
MAX_BYTES = 3_900_000_000


@pytest.fixture(scope="session")
def inside(image):
    """What a shell command in the image prints."""

    def run(command: str) -> str:
        words = [*run_command(image.engine), "--network=none", "--entrypoint=sh", image.name, "-c", command]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()

    return run


def test_it_builds_from_a_clean_checkout_without_a_warning(image):
    assert [line for line in image.log.splitlines() if re.search("warn", line, re.IGNORECASE)] == []


def test_it_is_smaller_than_it_was(image):
    size = int(
        subprocess.check_output([image.engine, "image", "inspect", "--format", "{{.Size}}", image.name], text=True)
    )
    print(f"{image.name}: {size / 1e9:.2f} GB")
    assert size < MAX_BYTES


def test_it_has_no_compiler(inside):
    assert inside("command -v gcc g++ cc c++ clang as ld make") == ""


def test_it_runs_as_a_user_whose_number_kubernetes_can_read(inside):
    """`runAsNonRoot` asks for a number."""
    assert inside("id -u; id -g") == "1000\n0"


def test_distributions_fit_together_but_for_the_one_whose_older_version_needs_a_compiler(inside):
    """tensorflow-data-validation 1.21 asks for a release of pyfarmhash that has no wheel for Linux. What it calls gives
    the same numbers in the newer one (tests/test_stack.py). pip knows no way to say that it is meant."""
    found = inside("/usr/local/bin/python -m pip --python /opt/slipway/bin/python check").splitlines()
    assert [re.sub(r"\d+(\.\d+)+", "N", line) for line in found] == [
        "tensorflow-data-validation N has requirement pyfarmhash<N,>=N, but you have pyfarmhash N."
    ]
