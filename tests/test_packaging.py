"""The wheel, built from what the image is built from."""

import email
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pipeline.commands.init import TEMPLATES
from pipeline.doctor.stacks import CURRENT, OLDER
from pipeline.rooms import ROOMS

PROJECT = Path(__file__).resolve().parents[1]
# As a build front end calls it, by PEP 517.
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Iterator[zipfile.ZipFile]:
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    patterns = [line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for path in (path for pattern in patterns for path in PROJECT.glob(pattern)):
        target = source / path.relative_to(PROJECT)
        if path.is_dir():
            shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
    done = subprocess.run([sys.executable, "-c", BUILD, built], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(built.glob("*.whl"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(name))


def test_the_licence_is_named_and_there(wheel, metadata):
    assert metadata["License-Expression"] == "Apache-2.0"
    [name] = [name for name in wheel.namelist() if name.endswith(f"licenses/{metadata['License-File']}")]
    assert b"Apache License\n                           Version 2.0, January 2004" in wheel.read(name)


def test_the_readme_describes_it(metadata):
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode().strip() == (PROJECT / "README.md").read_text().strip()


def test_it_asks_for_the_python_that_it_runs_on(metadata):
    assert set(metadata["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    for python in (*CURRENT.pythons, *OLDER.pythons):
        assert "Programming Language :: Python :: {}.{}".format(*python) in metadata.get_all("Classifier")


def test_it_asks_for_the_stack_of_each_python(metadata):
    asked = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    for stack, python in [*product([CURRENT], CURRENT.pythons), *product([OLDER], OLDER.pythons)]:
        environment = {"python_version": "{}.{}".format(*python)}
        [tfx] = [each for each in asked if each.name == "tfx" and each.marker.evaluate(environment)]
        assert tfx.specifier.contains(f"{stack.name.removeprefix('tfx-')}.0")


@pytest.mark.parametrize("room", ROOMS)
def test_type_checkers_read_a_room_s_annotations(wheel, room):
    assert f"{room}/py.typed" in wheel.namelist()


def test_what_commands_read_is_there(wheel):
    read = [f"pipeline/templates/{name}/{file}" for name, template in TEMPLATES.items() for file in template.files]
    folders = ("inspection/templates", "inspection/static", "inspection/app/templates", "inspection/app/static")
    patterns = ("pipeline/configs/*.yaml", "studies/templates/*", *(f"{folder}/*" for folder in folders))
    read += [str(path.relative_to(PROJECT)) for pattern in patterns for path in PROJECT.glob(pattern)]
    assert set(read) <= set(wheel.namelist())


def test_every_module_is_there(wheel):
    modules = {str(path.relative_to(PROJECT)) for room in ROOMS for path in (PROJECT / room).rglob("*.py")}
    assert modules <= set(wheel.namelist())
