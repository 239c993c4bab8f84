"""Modules of a user's own by the names of the project's packages."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.rooms import ROOMS
from tests.pipeline.shipped import DIGITS, PROJECT

TASK = """
from tasks.image_classification import ImageClassification
{at_import}

class Mine(ImageClassification):
    def model(self):
        {when_called}
        return super().model()
"""
FILES = {"package": "{name}/__init__.py", "namespace folder": "{name}/inner.py", "file": "{name}.py"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a config with a task of its own and files beside it, by their paths; gives the config's path."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("own_task", "own_helper"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def write(*files: str, at_import: str = "", when_called: str = "pass", task: str = "own_task.Mine") -> Path:
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        (tmp_path / "own_task.py").write_text(TASK.format(at_import=at_import, when_called=when_called))
        text = DIGITS.read_text().replace("tasks.image_classification.ImageClassification", task)
        (tmp_path / "pipeline.yaml").write_text(text)
        return tmp_path / "pipeline.yaml"

    return write


@pytest.mark.parametrize("where", ["at_import", "when_called"])
@pytest.mark.parametrize(
    ("file", "statement", "renamed"),
    [
        ("models/__init__.py", "from models.mine import net", "models"),
        ("models/__init__.py", "import models", "models"),
        ("models/mine.py", "from models.mine import net", "models"),
        ("data/sets/mine.py", "import data.sets.mine", "data"),
        ("data/sets/mine.py", "from data.sets import mine", "data"),
        ("training.py", "import training", "training.py"),
        ("training.py", "from training import fit", "training.py"),
        # Ours would be taken for it, without a word.
        ("data/source.py", "from data.source import Source", "data"),
    ],
)
def test_an_import_that_ours_would_answer_in_place_of_the_user_s_is_refused(project, file, statement, renamed, where):
    path = project(file, **{where: statement})
    with pytest.raises(ConfigError, match=rf"imported by own_task, where {path.parent / renamed} was meant\. Rename"):
        load_config(path)


def test_a_module_that_the_task_imports_is_looked_into(project, tmp_path):
    path = project("models/mine.py", at_import="import own_helper")
    (tmp_path / "own_helper.py").write_text("def net():\n    from models.mine import net\n    return net()\n")
    with pytest.raises(ConfigError, match=r"Received: models\.mine\.net, imported by own_helper"):
        load_config(path)


def test_the_config_s_own_task_is_an_import_too(project):
    path = project("training.py", task="training.Mine")
    with pytest.raises(
        ConfigError, match=r"Received: training\.Mine, imported by the config, where .*/training\.py was"
    ):
        load_config(path)


def test_a_task_that_lies_elsewhere_is_held_to_the_same(project, tmp_path, monkeypatch):
    path = project("models/__init__.py", at_import="import models.mine")
    (tmp_path / "configs").mkdir()
    path = path.rename(tmp_path / "configs" / "pipeline.yaml")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=rf"Rename {tmp_path}/models, and"):
        load_config(path)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_what_nothing_imports_hides_nothing(project, file):
    load_config(
        project(
            *(file.format(name=name) for name in ROOMS),
            at_import="from models.classifiers.resnet_options import ResNetOptions",
        )
    )


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_the_command_takes_its_own_packages_where_the_working_directory_has_others(project, tmp_path, file):
    # Where another `pipeline` comes first, it is not ours that is started.
    files = [file.format(name=name) for name in ROOMS if name != "pipeline"]
    path = project(*files, task="tasks.image_classification.ImageClassification")
    command = [sys.executable, "-m", "pipeline.cli", "config", "check", path.name]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": f"{tmp_path}:{PROJECT}"}
    )
    assert done.returncode == 0, done.stderr


def test_a_module_imported_before_is_named(project, tmp_path):
    project("data.py")
    done = subprocess.run(
        [sys.executable, "-c", "import data, pipeline.config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PROJECT)},
    )
    assert f"Received: data, imported before from {tmp_path}/data.py. Rename that module" in done.stderr
